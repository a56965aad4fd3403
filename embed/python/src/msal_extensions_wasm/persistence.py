"""Where a cache is kept, and whether it is encrypted."""
from __future__ import annotations

import os
from typing import Protocol, runtime_checkable

from .errors import PersistenceError, located
from .jwe_cipher import Cipher, FixedKey, JweCipher
from .status import STATUS_MESSAGE


@runtime_checkable
class Persistence(Protocol):
    """What `PersistedTokenCache` and `TokenCacheStore` take."""

    @property
    def is_encrypted(self) -> bool: ...

    @property
    def cipher(self) -> Cipher | None: ...

    def get_location(self) -> str: ...


class FilePersistence:
    """A file in plain text, its mode 0600."""

    is_encrypted: bool = False
    cipher: Cipher | None = None

    def __init__(self, location: str | os.PathLike[str]) -> None:
        """
        `~` is the home folder. The file and its folder need not be there yet. Raises `PersistenceError` `invalid_location` for what is no path of
        text, and where there is no home folder.
        """
        self._location = absolute(location)

    def get_location(self) -> str:
        return self._location


def absolute(location: object) -> str:
    """The core's names are UTF-8: it knows no bytes, nor what stands for bytes that are no text."""
    path = os.fspath(location) if isinstance(location, os.PathLike) else location
    if not isinstance(path, str):
        raise PersistenceError("invalid_location", f"A location is a path of text, not {type(path).__name__}.")
    if not path or "\0" in path:
        raise PersistenceError("invalid_location", "A location is not empty, and without NUL characters.", location=path)
    expanded = _expanded(path)
    try:
        found = os.path.abspath(_through_links(expanded))
        found.encode()
        return found
    except (OSError, UnicodeError) as error:  # an OSError: the current folder was removed
        raise PersistenceError("invalid_location", location=ascii(path)) from error


def _through_links(path: str) -> str:
    """Where a folder is a link, `..` leads out of what that leads to. As the system has it, and other languages, who may mean the same file."""
    above, up, below = path.rpartition("/../") if os.name == "posix" else ("", "", path)
    return os.path.join(os.path.realpath(above + up), below) if up else path


def _expanded(location: str) -> str:
    """
    A user whom the system does not know, as in many a container, may have no home: `expanduser` leaves the `~` then, and where `HOME` is empty it
    drops it. The cache would be in a folder of that name wherever the process is, or in the root folder.
    """
    expanded = os.path.expanduser(location)
    is_below_home = location.replace(os.altsep or os.sep, os.sep).partition(os.sep)[0] == "~"
    has_no_home = expanded == location or (os.name == "posix" and os.environ.get("HOME") == "")
    if is_below_home and has_no_home:
        message = f"{STATUS_MESSAGE['invalid_location']} {location} There is no home folder: set HOME."
        raise PersistenceError("invalid_location", message, location=location)
    return expanded


class FilePersistenceWithKey(FilePersistence):
    """A file encrypted under 32 bytes that the application supplies: a compact JWE (`dir`, `A256GCM`)."""

    is_encrypted = True

    def __init__(self, location: str | os.PathLike[str], key: bytes | bytearray) -> None:
        super().__init__(location)
        self.cipher = JweCipher(FixedKey(key))


class KeyringPersistence(FilePersistence):
    """The same file, its key kept by the `keyring` package in the operating system's secret store, made on first use."""

    is_encrypted = True

    def __init__(self, location: str | os.PathLike[str], service: str = "msal-extensions-wasm") -> None:
        """Raises `PersistenceError` `bad_argument` for a service without a name, which could be an item of somebody else's."""
        from .keyring_key import KeyringKey  # needs the optional dependencies

        super().__init__(location)
        if not isinstance(service, str) or not service or "\0" in service:
            raise PersistenceError("bad_argument", "The name of a service is text, not empty, and without NUL characters.")
        self.key = KeyringKey(service, self.get_location())
        self.cipher = JweCipher(self.key)


def build_encrypted_persistence(location: str | os.PathLike[str]) -> KeyringPersistence:
    """Encrypted, or `PersistenceError` `secret_store_unavailable`: nothing falls back to plain text."""
    persistence = KeyringPersistence(location)
    with located(persistence.get_location()):
        persistence.key.for_unprotecting(fresh=True)  # and remembered: some keyrings take a while, or ask the user
    return persistence
