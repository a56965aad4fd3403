"""Token-cache persistence for MSAL Python, by the same WebAssembly core as on Node.js, Deno and Bun."""
from .cache_merger import CacheMerger, Merged
from .errors import DocumentRole, LockHolder, PersistenceError
from .jwe_cipher import Cipher
from .persisted_token_cache import PersistedTokenCache
from .persistence import (
    FilePersistence,
    FilePersistenceWithKey,
    KeyringPersistence,
    Persistence,
    build_encrypted_persistence,
)
from .status import StatusName
from .token_cache_store import Committed, Loaded, TokenCacheStore

__all__ = [
    "CacheMerger",
    "Cipher",
    "Committed",
    "DocumentRole",
    "FilePersistence",
    "FilePersistenceWithKey",
    "KeyringPersistence",
    "Loaded",
    "LockHolder",
    "Merged",
    "PersistedTokenCache",
    "Persistence",
    "PersistenceError",
    "StatusName",
    "TokenCacheStore",
    "build_encrypted_persistence",
]
