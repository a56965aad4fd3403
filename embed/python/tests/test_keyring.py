"""With the real secret store: marked, because not every machine has one."""
import os
import subprocess
import sys

import keyring
import keyring.backends.fail
import keyring.backends.null
import pytest
from keyring.backend import KeyringBackend

from msal_extensions_wasm import (
    FilePersistenceWithKey,
    PersistedTokenCache,
    PersistenceError,
    TokenCacheStore,
    build_encrypted_persistence,
)

SERVICE = "msal-extensions-wasm"


@pytest.mark.secret_service
def test_the_key_is_made_on_first_use_and_found_again(cache, document):
    persistence = build_encrypted_persistence(cache)
    assert keyring.get_password(SERVICE, cache) is None
    stored = TokenCacheStore(persistence).commit(None, document(a=1)).content
    again = build_encrypted_persistence(cache)
    assert TokenCacheStore(again).load().content == stored
    assert TokenCacheStore(FilePersistenceWithKey(cache, again.key.read())).load().content == stored
    assert PersistedTokenCache(again).is_encrypted


@pytest.mark.secret_service
def test_a_key_that_is_gone_is_a_typed_error_until_the_cache_is_cleared(cache, document, secrets):
    TokenCacheStore(build_encrypted_persistence(cache)).commit(None, document(a=1))
    keyring.delete_password(SERVICE, cache)
    store = TokenCacheStore(build_encrypted_persistence(cache))
    for attempt in (store.load, lambda: store.commit(None, document(b=1))):
        with pytest.raises(PersistenceError) as caught:
            attempt()
        assert (caught.value.code, caught.value.location) == ("key_not_found", cache)
    assert store.clear()
    store.commit(None, document(b=1))
    assert len(secrets(TokenCacheStore(build_encrypted_persistence(cache)).load().content)) == 1


@pytest.mark.secret_service
def test_a_key_that_was_removed_meanwhile_is_stored_again(cache, document, secrets):
    store = TokenCacheStore(build_encrypted_persistence(cache))
    base = store.commit(None, document(a=1)).content
    key = keyring.get_password(SERVICE, cache)
    keyring.delete_password(SERVICE, cache)
    store.commit(base, document(a=1, b=1))
    assert keyring.get_password(SERVICE, cache) == key
    assert len(secrets(TokenCacheStore(build_encrypted_persistence(cache)).load().content)) == 2


@pytest.mark.secret_service
def test_what_is_no_key_is_told_without_quoting_it(cache, document):
    keyring.set_password(SERVICE, cache, "c2VjcmV0")
    with pytest.raises(PersistenceError) as caught:
        build_encrypted_persistence(cache)
    assert (caught.value.code, caught.value.location) == ("bad_key", cache)
    assert "c2VjcmV0" not in str(caught.value)


@pytest.fixture
def backend():
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


def test_without_a_secret_store_nothing_falls_back_to_plain_text(cache, backend):
    backend(keyring.backends.fail.Keyring())
    with pytest.raises(PersistenceError) as caught:
        build_encrypted_persistence(cache)
    assert caught.value.code == "secret_store_unavailable"


def test_a_secret_store_that_forgets_is_found_out_before_anything_is_stored(cache, document, backend):
    backend(keyring.backends.null.Keyring())
    store = TokenCacheStore(build_encrypted_persistence(cache))
    with pytest.raises(PersistenceError) as caught:
        store.commit(None, document(a=1))
    assert caught.value.code == "persistence_not_verified"
    assert store.load().content is None


class Memory(KeyringBackend):
    """Remembers, for as long as it is told to."""

    priority = 0
    remembers = True

    def __init__(self):
        super().__init__()
        self.items = {}
        self.questions = 0

    def get_password(self, service, username):
        self.questions += 1
        return self.items.get((service, username))

    def set_password(self, service, username, password):
        if self.remembers:
            self.items[service, username] = password


def test_a_key_that_another_process_has_stored_is_the_one_that_encrypts(cache, document, backend):
    memory = Memory()
    backend(memory)
    store = TokenCacheStore(build_encrypted_persistence(cache))
    base = store.commit(None, document(a=1)).content
    other = "A" * 42 + "E="
    memory.items[SERVICE, cache] = other
    store.commit(base, document(a=1, b=1))
    assert memory.items == {(SERVICE, cache): other}
    assert TokenCacheStore(build_encrypted_persistence(cache)).load().content is not None


def test_the_keyring_is_asked_once_to_load_and_once_to_store(cache, document, backend):
    memory = Memory()
    backend(memory)
    TokenCacheStore(build_encrypted_persistence(cache)).commit(None, document(a=1))
    memory.questions = 0
    store = TokenCacheStore(build_encrypted_persistence(cache))
    base = store.load().content
    assert memory.questions == 1
    store.commit(base, document(a=1, b=1))
    assert memory.questions == 2


def test_a_known_key_that_cannot_be_stored_again_encrypts_nothing(cache, document, backend):
    memory = Memory()
    backend(memory)
    store = TokenCacheStore(build_encrypted_persistence(cache))
    base = store.commit(None, document(a=1)).content
    memory.items.clear()
    memory.remembers = False
    with pytest.raises(PersistenceError) as caught:
        store.commit(base, document(a=1, b=1))
    assert caught.value.code == "persistence_not_verified"
    assert store.load().content == base


WITHOUT_A_BUS = """
import sys
from msal_extensions_wasm import PersistenceError, build_encrypted_persistence
try:
    build_encrypted_persistence(sys.argv[1])
except PersistenceError as error:
    print(error.code, type(error.__cause__).__name__)
"""


@pytest.mark.parametrize(("address", "cause"), [(None, "RuntimeError"), ("unix:path=/nowhere", "FileNotFoundError")])
@pytest.mark.skipif(sys.platform != "linux", reason="the Secret Service is Linux's")
def test_what_a_backend_raises_of_its_own_is_a_typed_error(cache, address, cause):
    environment = {name: value for name, value in os.environ.items() if name != "DBUS_SESSION_BUS_ADDRESS"}
    environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.SecretService.Keyring"
    if address is not None:
        environment["DBUS_SESSION_BUS_ADDRESS"] = address
    program = [sys.executable, "-c", WITHOUT_A_BUS, cache]
    assert subprocess.run(program, env=environment, capture_output=True, text=True).stdout.split() == ["secret_store_unavailable", cause]
