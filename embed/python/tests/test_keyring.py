"""With the real secret store: marked, because not every machine has one."""
import keyring
import keyring.backends.fail
import keyring.backends.null
import pytest

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
def test_a_key_that_is_gone_is_a_typed_error(cache, document):
    TokenCacheStore(build_encrypted_persistence(cache)).commit(None, document(a=1))
    keyring.delete_password(SERVICE, cache)
    with pytest.raises(PersistenceError) as caught:
        TokenCacheStore(build_encrypted_persistence(cache)).load()
    assert (caught.value.code, caught.value.location) == ("key_not_found", cache)


@pytest.mark.secret_service
def test_what_is_no_key_is_told_without_quoting_it(cache, document):
    keyring.set_password(SERVICE, cache, "c2VjcmV0")
    with pytest.raises(PersistenceError) as caught:
        build_encrypted_persistence(cache)
    assert caught.value.code == "bad_key"
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
