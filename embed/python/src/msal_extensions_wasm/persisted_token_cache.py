"""Connects MSAL applications to a cache that several processes share."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msal

from .cache_merger import CacheMerger
from .persistence import Persistence
from .token_cache_store import TokenCacheStore


class PersistedTokenCache(msal.SerializableTokenCache):  # type: ignore[misc]
    """
    `msal.PublicClientApplication(client_id, token_cache=PersistedTokenCache(persistence))`.

    Reading reloads what others have stored. What MSAL changes is merged three ways with what is stored by then, and stored before the call
    returns; the changes of one `add` are one commit. If that fails the call raises, and the next commit includes them. Thread-safe.
    """

    def __init__(self, persistence: Persistence, *, lock_timeout: float = 10.0) -> None:
        super().__init__()
        self._cache_store = TokenCacheStore(persistence, lock_timeout=lock_timeout)
        self.is_encrypted = persistence.is_encrypted
        self._base: bytes | None = None
        self._depth = 0
        self._uncommitted = False

    def add(self, event: dict[str, Any], **options: Any) -> None:
        with self._transaction():
            super().add(event, **options)

    def modify(
        self, credential_type: str, old_entry: dict[str, Any], new_key_value_pairs: dict[str, Any] | None = None
    ) -> None:
        with self._transaction():
            self._uncommitted = True
            super().modify(credential_type, old_entry, new_key_value_pairs)

    def search(self, credential_type: str, *arguments: Any, **options: Any) -> Iterator[dict[str, Any]]:
        """A transaction too: MSAL removes expired access tokens while it searches."""
        with self._transaction():
            return iter(list(super().search(credential_type, *arguments, **options)))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            if self._depth == 0:
                self._reload()
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
            if self._depth == 0 and self._uncommitted:
                self._commit()

    def _reload(self) -> None:
        loaded = self._cache_store.load()
        if loaded.unchanged:
            return
        content = loaded.content
        if self._uncommitted:  # a commit has failed: what it was to store stays, on top of what others have stored
            content = CacheMerger().merge(self._base, self._serialized(), content).content
        self._take(content)
        self._base = loaded.content

    def _commit(self) -> None:
        self._base = self._cache_store.commit(self._base, self._serialized()).content
        self._uncommitted = False
        self._take(self._base)

    def _serialized(self) -> bytes:
        text: str = self.serialize()
        return text.encode()

    def _take(self, content: bytes | None) -> None:
        self.deserialize((content or b"").decode("utf-8-sig"))
