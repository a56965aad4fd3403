"""A key in the operating system's secret store, through the `keyring` package."""
from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import PersistenceError
from .jwe_cipher import KEY_BYTES

try:
    import keyring
    from keyring.errors import KeyringLocked
except ImportError as error:
    raise PersistenceError(
        "secret_store_unavailable", 'The keyring package is not installed: pip install "msal-extensions-wasm[encrypted]".'
    ) from error


class KeyringKey:
    """An item of this service and user name, its password the key in base64url."""

    def __init__(self, service: str, user_name: str) -> None:
        self._service = service
        self._user_name = user_name
        self._known: bytes | None = None

    def for_protecting(self) -> bytes:
        """
        The core asks for this under the lock of the cache: no other process makes another key meanwhile. The keyring is asked each time: what
        is encrypted under a key that somebody has removed from it, only this process could open.
        """
        key = self.read()
        if key is None:
            key = self._known or secrets.token_bytes(KEY_BYTES)
            self._store(key)
        self._known = key
        return key

    def _store(self, key: bytes) -> None:
        with _typed_errors():
            keyring.set_password(self._service, self._user_name, base64.urlsafe_b64encode(key).decode())
        if self.read() != key:
            raise PersistenceError("persistence_not_verified")  # the null backend, for one, forgets

    def for_unprotecting(self, fresh: bool) -> bytes | None:
        if fresh or self._known is None:
            self._known = self.read()
        return self._known

    def read(self) -> bytes | None:
        with _typed_errors():
            password = keyring.get_password(self._service, self._user_name)
        if password is None:
            return None
        try:
            key = base64.urlsafe_b64decode(password)
        except (binascii.Error, ValueError):
            raise PersistenceError("bad_key") from None  # the cause would quote it
        if len(key) != KEY_BYTES:
            raise PersistenceError("bad_key")
        return key


@contextmanager
def _typed_errors() -> Iterator[None]:
    try:
        yield
    except KeyringLocked as error:
        raise PersistenceError("secret_store_locked") from error
    except Exception as error:  # not only a KeyringError: without a session bus it is a RuntimeError or a FileNotFoundError (keyring 25)
        raise PersistenceError("secret_store_unavailable") from error
