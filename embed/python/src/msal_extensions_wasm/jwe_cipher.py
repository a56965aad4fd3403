"""The compact JWE that FilePersistenceWithKey of the JavaScript hosts keeps too: `dir` and `A256GCM`."""
from __future__ import annotations

import re
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

from .errors import PersistenceError

if TYPE_CHECKING:
    from joserfc.jwe import JWERegistry

KEY_BYTES = 32


class Cipher(Protocol):
    """Errors are `PersistenceError`s: `unprotect_failed`, `key_not_found`, `not_encrypted`…"""

    def protect(self, content: bytes) -> bytes: ...

    def unprotect(self, content: bytes) -> bytes: ...


class KeySource(Protocol):
    def for_protecting(self) -> bytes:
        """Made if there is none."""

    def for_unprotecting(self, fresh: bool) -> bytes | None:
        """`None`: it is gone. `fresh`: the one given before did not fit."""


class FixedKey:
    def __init__(self, key: bytes | bytearray) -> None:
        if not isinstance(key, bytes | bytearray) or len(key) != KEY_BYTES:
            raise PersistenceError("bad_key")
        self._key = bytes(key)

    def for_protecting(self) -> bytes:
        return self._key

    def for_unprotecting(self, fresh: bool) -> bytes:
        return self._key


@lru_cache(maxsize=1)
def _registry() -> JWERegistry:
    from joserfc.jwe import JWERegistry

    registry = JWERegistry(algorithms=["dir", "A256GCM", "A128CBC-HS256"])
    registry.max_ciphertext_length = 1 << 32  # by default 64 KiB, which are thirty tokens; the core has a limit of its own
    return registry


class JweCipher:
    """joserfc, an optional dependency, is loaded on first use."""

    def __init__(self, keys: KeySource) -> None:
        """Raises `PersistenceError` `not_supported` without joserfc: later it would look as if the key were wrong."""
        if find_spec("joserfc") is None:
            raise PersistenceError("not_supported", 'The joserfc package is not installed: pip install "msal-extensions-wasm[encrypted]".')
        self._keys = keys

    def protect(self, content: bytes) -> bytes:
        from joserfc import jwe
        from joserfc.jwk import OctKey

        key = OctKey.import_key(self._keys.for_protecting())
        return jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM"}, content, key, registry=_registry()).encode()

    def unprotect(self, content: bytes) -> bytes:
        if re.match(rb"(?:\xef\xbb\xbf)?\s*[{[]", content):
            raise PersistenceError("not_encrypted")
        for fresh in (False, True):
            key = self._keys.for_unprotecting(fresh)
            if key is None:
                raise PersistenceError("key_not_found")
            plain = self._open(content, key)
            if plain is not None:
                return plain
        raise PersistenceError("unprotect_failed")

    @staticmethod
    def _open(content: bytes, key: bytes) -> bytes | None:
        from joserfc import jwe
        from joserfc.jwk import OctKey

        try:
            return jwe.decrypt_compact(content, OctKey.import_key(key), registry=_registry()).plaintext
        except Exception:  # whatever is wrong with it; an error of the library's could quote what it has read
            return None
