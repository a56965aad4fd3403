import base64
import json
import os
import sys
import traceback

import pytest
from mypy import api

from msal_extensions_wasm import FilePersistence, FilePersistenceWithKey, PersistenceError, TokenCacheStore

KEY, OTHER = b"7" * 32, b"8" * 32


def store(cache, key=KEY):
    return TokenCacheStore(FilePersistenceWithKey(cache, key))


def code_of(call):
    with pytest.raises(PersistenceError) as caught:
        call()
    assert "secret of" not in "".join(traceback.format_exception(caught.value))
    return caught.value.code


def test_the_file_is_a_compact_jwe(cache, document):
    stored = store(cache).commit(None, document(a=1)).content
    header, encrypted_key, *rest = open(cache).read().split(".")
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == {"alg": "dir", "enc": "A256GCM"}
    assert (encrypted_key, len(rest)) == ("", 3)
    assert store(cache).load().content == stored


def test_another_key_a_torn_file_and_plain_text_are_errors_and_stay(cache, document):
    store(cache).commit(None, document(a=1))
    assert code_of(store(cache, OTHER).load) == "unprotect_failed"
    whole = open(cache, "rb").read()
    open(cache, "wb").write(whole[:-40])
    assert code_of(store(cache).load) == "unprotect_failed"
    assert code_of(lambda: store(cache).commit(None, document(b=1))) == "unprotect_failed"
    assert open(cache, "rb").read() == whole[:-40]
    open(cache, "wb").write(document(a=1))
    assert code_of(store(cache).load) == "not_encrypted"
    assert TokenCacheStore(FilePersistence(cache)).load().content == document(a=1)


def test_where_nothing_that_decrypts_is_installed_it_does_not_look_as_if_the_key_were_wrong(cache, document, monkeypatch):
    store(cache).commit(None, document(a=1))
    monkeypatch.setitem(sys.modules, "joserfc", None)
    assert code_of(lambda: store(cache).load()) == "not_supported"


@pytest.mark.parametrize("nothing", [b"", b" \n", b"\0\0\0", b"{}"])
def test_what_is_blank_and_the_signal_of_a_secret_store_are_nothing_saved(cache, document, secrets, nothing):
    os.makedirs(os.path.dirname(cache))
    open(cache, "wb").write(nothing)
    assert store(cache).load().content is None
    store(cache).commit(None, document(a=1))
    assert len(secrets(store(cache).load().content)) == 1


def test_every_error_says_which_cache_it_is_about(cache, document):
    store(cache).commit(None, document(a=1))
    small = TokenCacheStore(FilePersistence(f"{cache}.small"), max_bytes=100)
    for where, operation, code in [
        (cache, store(cache, OTHER).load, "unprotect_failed"),
        (cache, lambda: store(cache).commit(None, b"{"), "json_unexpected_end"),
        (small.location, lambda: small.commit(None, b"[" * 1_000_000), "document_too_large"),
    ]:
        with pytest.raises(PersistenceError) as caught:
            operation()
        assert (caught.value.code, caught.value.location) == (code, where)
        assert f" {where}" in str(caught.value)


def test_a_cache_of_many_tokens_opens_again(cache, document, secrets):
    store(cache).commit(None, document(**{f"token-{n}": n for n in range(5000)}))
    assert len(secrets(store(cache).load().content)) == 5000


def test_only_these_algorithms_are_opened(cache, document):
    from joserfc import jwe
    from joserfc.jwk import OctKey

    os.makedirs(os.path.dirname(cache))
    for header, code in [
        ({"alg": "dir", "enc": "A128CBC-HS256"}, None),
        ({"alg": "dir", "enc": "A256GCM", "zip": "DEF"}, "unprotect_failed"),
        ({"alg": "A256KW", "enc": "A256GCM"}, "unprotect_failed"),
    ]:
        algorithms = list(header.values())
        open(cache, "w").write(jwe.encrypt_compact(header, document(a=1), OctKey.import_key(KEY), algorithms))
        assert code_of(store(cache).load) == code if code else store(cache).load().content == document(a=1)


@pytest.mark.parametrize("key", [b"short", b"", "x" * 32])
def test_a_key_has_32_bytes(cache, key):
    assert code_of(lambda: FilePersistenceWithKey(cache, key)) == "bad_key"


def test_a_key_may_be_a_bytearray_that_is_erased_afterwards(cache, document):
    key = bytearray(KEY)
    persistence = FilePersistenceWithKey(cache, key)
    key[:] = bytes(32)
    stored = TokenCacheStore(persistence).commit(None, document(a=1)).content
    assert store(cache).load().content == stored


def test_nothing_that_is_printed_holds_content(cache, document):
    committed = store(cache).commit(None, document(a=1))
    assert "secret of" not in repr(committed) + repr(store(cache).load())


class Answering:
    """A cipher that answers what it should not."""

    is_encrypted = True

    def __init__(self, location, answer):
        self._location, self._answer, self.cipher = location, answer, self

    def get_location(self):
        return self._location

    def protect(self, content):
        return self._answer(content)

    unprotect = protect


def fails(content):
    raise ValueError(content)


def has_none(_content):
    raise PersistenceError("not_found")


@pytest.mark.parametrize("answer", [lambda _content: None, bytes.decode, fails, has_none])
def test_a_cipher_that_gives_no_bytes_has_failed(cache, document, answer):
    persistence = Answering(cache, answer)
    with pytest.raises(PersistenceError) as caught:
        TokenCacheStore(persistence).commit(None, document(a=1))
    assert caught.value.code == "protect_failed"
    assert not os.path.exists(cache)
    open(cache, "wb").write(b"encrypted")
    for operation in (lambda store: store.load(), lambda store: store.commit(None, document(a=1))):
        with pytest.raises(PersistenceError) as caught:
            operation(TokenCacheStore(persistence))
        assert caught.value.code == "unprotect_failed"
    assert open(cache, "rb").read() == b"encrypted"


OF_THE_CALLERS_OWN = """
from msal_extensions_wasm import Cipher, Persistence, TokenCacheStore

class Reversing:
    def protect(self, content: bytes) -> bytes:
        return content[::-1]

    unprotect = protect

class Reversed:
    def __init__(self, location: str) -> None:
        self._location = location
        self.cipher = Reversing()

    @property
    def is_encrypted(self) -> bool:
        return True

    def get_location(self) -> str:
        return self._location

def reversing(location: str) -> TokenCacheStore:
    cipher: Cipher = Reversing()
    persistence: Persistence = Reversed(location)
    return TokenCacheStore(persistence)
"""


def test_a_persistence_of_the_callers_own_needs_no_cast(cache, document):
    printed, errors, status = api.run(["--config-file=", "--strict", "--follow-imports=silent", "-c", OF_THE_CALLERS_OWN])
    assert status == 0, printed + errors
    names = {}
    exec(OF_THE_CALLERS_OWN, names)
    stored = names["reversing"](cache).commit(None, document(a=1)).content
    assert open(cache, "rb").read() == stored[::-1]
