"""Connects MSAL applications to a cache that several processes share."""
from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import msal

from .cache_merger import CacheMerger
from .core import usable
from .errors import PersistenceError
from .persistence import Persistence
from .readable import readable, respelled
from .token_cache_store import TokenCacheStore

_logger = logging.getLogger(__name__)


class PersistedTokenCache(msal.SerializableTokenCache):  # type: ignore[misc]
    """
    `msal.PublicClientApplication(client_id, token_cache=PersistedTokenCache(persistence))`.

    Reading reloads what others have stored. What MSAL changes is merged three ways with what is stored by then, and stored before the call
    returns; the changes of one `add` are one commit. If that fails the call raises, and the next commit includes them; also where the cache cannot
    be read, once it has been. What others may have lost is stored again as soon as it is missed. Thread-safe.
    """

    def __init__(self, persistence: Persistence, *, lock_timeout: float = 10.0) -> None:
        """Raises `PersistenceError` `bad_argument` for a path, by which nobody would have said whether tokens are encrypted."""
        if not isinstance(persistence, Persistence):
            name = type(persistence).__name__
            raise PersistenceError("bad_argument", f"PersistedTokenCache takes a persistence, FilePersistence(path) say, not {name}.")
        super().__init__()
        self._cache_store = TokenCacheStore(persistence, lock_timeout=lock_timeout)
        self.is_encrypted = persistence.is_encrypted
        self._merger: CacheMerger | None = None
        self._stored: bytes | None = None  # what was loaded or committed last
        self._base: bytes | None = None  # the same, with what it has lost; None: nothing was loaded yet
        self._view = b""  # base, with what MSAL has changed before it was last handed it
        self._handed_over = ""  # what MSAL's memory was then: less than the view, where that has what MSAL cannot read
        self._depth = 0
        self._uncommitted = False

    def add(self, event: dict[str, Any], **options: Any) -> None:
        self._transact(partial(super().add, event, **options))

    def modify(
        self, credential_type: str, old_entry: dict[str, Any], new_key_value_pairs: dict[str, Any] | None = None
    ) -> None:
        self._transact(partial(super().modify, credential_type, old_entry, new_key_value_pairs), changes=True)

    def search(self, credential_type: str, *arguments: Any, **options: Any) -> Iterator[dict[str, Any]]:
        """MSAL removes expired access tokens while it searches. That this cannot be stored is no reason not to find the others."""
        search = partial(super().search, credential_type, *arguments, **options)
        found: list[dict[str, Any]] = self._transact(lambda: list(search()), is_search=True)
        return iter(found)

    def _get(self, credential_type: str, key: str, default: Any = None) -> Any:
        """What MSAL knows of a client is looked up by its key, in a sign-out before anything is searched for."""
        return self._transact(partial(super()._get, credential_type, key, default), is_search=True)

    def _transact(self, work: Callable[[], Any], *, changes: bool = False, is_search: bool = False) -> Any:
        usable()  # before the lock, which in a forked process may be held by a thread that is not there
        with self._lock:
            depth = self._depth
            if depth == 0:
                self._reload_before(is_search)
            try:
                self._depth = depth + 1
                self._uncommitted = self._uncommitted or changes
                outcome = work()
            finally:
                self._depth = depth
            if depth == 0 and self._uncommitted:
                try:
                    self._commit()
                except PersistenceError as error:
                    if not is_search:
                        raise
                    _logger.warning("What is pending could not be saved: %s", error)
            return outcome

    def _reload_before(self, is_search: bool) -> None:
        """
        MSAL throws away the answer of a server that it cannot save, and with it a refresh token that has replaced the stored one. So a change goes
        on from what was read last; its commit says what is wrong.
        """
        try:
            self._reload()
        except PersistenceError as error:
            if is_search or self._base is None:
                raise
            _logger.warning("A change goes on from what was read last, since the cache cannot be read now: %s", error)

    def _reload(self) -> None:
        """
        Merges even when nothing is pending: what is stored may be the rest of a damaged cache, and we may know what was lost.

        What is put back must not look like news of ours when it is committed: another process may have put it back, and renewed it, by then
        (a rotated refresh token carries no time that would decide). So base keeps it too, and goes without the salvage marker of what
        is stored: its absence there still counts as lost, and any newer version there wins. As in hosts/shared/plugin/cache-view.ts.
        """
        content = self._cache_store.load().content
        if self._base is not None and content == self._stored:
            return
        stored = content or b""
        base = known = stored
        if self._base is not None:
            known = self._merged(self._base, self._base, stored)
            base = stored if known is stored else self._merged(None, stored, self._base)
        view = self._merged(self._base, self._changed_view(), stored) if self._uncommitted else known
        self._keep(view, base, content)

    def _commit(self) -> None:
        content = self._cache_store.commit(self._base, self._changed_view()).content
        self._keep(content, content, content)

    def _changed_view(self) -> bytes:
        """Only what has changed in memory counts as changed: memory spells numbers in its own way, and lacks what MSAL cannot read."""
        memory: str = self.serialize()
        return self._merged(respelled(self._handed_over, memory, self._view), memory.encode(), self._view)

    def _keep(self, view: bytes, base: bytes, stored: bytes | None) -> None:
        """In this order: where a signal interrupts it, nothing is older than what follows it here, and what is stored is merged again."""
        memory = readable(view)
        self.deserialize(memory)
        self._view = view
        self._handed_over = memory
        self._base = base
        self._uncommitted = view is not base
        self._stored = stored

    def _merged(self, base: bytes | None, ours: bytes, theirs: bytes) -> bytes:
        if self._merger is None:
            self._merger = CacheMerger()
        merged = self._merger.merge(base, ours, theirs)
        return theirs if merged.unchanged else merged.content
