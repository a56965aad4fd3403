/** What every host's index exports besides its own classes. */
export type { AccountRecord, CacheChange } from "./account-watch.ts";
export type { CommitOutcome, Inspection, LoadOutcome, LockReport, MergeOutcome, MergeReport } from "./core/outcomes.ts";
export { CrossPlatformLock, type CrossPlatformLockOptions } from "./cross-platform-lock.ts";
export { DataProtectionScope } from "./encryption/data-protection-scope.ts";
export { encryptPlainFile } from "./encryption/encrypt-plain-file.ts";
export { FilePersistenceWithDataProtection } from "./encryption/file-persistence-with-data-protection.ts";
export { FilePersistenceWithKey } from "./encryption/file-persistence-with-key.ts";
export { KernelKeyringPersistence } from "./encryption/kernel-keyring-persistence.ts";
export { KeychainPersistence } from "./encryption/keychain-persistence.ts";
export type { SuppliedKey } from "./encryption/keys/supplied-key.ts";
export { LibSecretPersistence } from "./encryption/libsecret-persistence.ts";
export {
  buildEncryptedPersistence,
  type EncryptedPersistenceOptions,
  type IPersistenceConfiguration,
  PersistenceCreator,
} from "./encryption/persistence-creator.ts";
export type { SecretName } from "./encryption/secret-stores/libsecret.ts";
export { Environment } from "./environment.ts";
export {
  type DocumentRole,
  type LockHolder,
  PersistenceError,
  type PersistenceErrorDetails,
  PersistenceNotFound,
} from "./errors/persistence-error.ts";
export type { StatusName } from "./errors/status.ts";
export type { FileStoreOptions } from "./files/store.ts";
export { type HostCapabilities, hostCapabilities } from "./host-capabilities.ts";
export { Logger, type LoggerLike, type LoggerOptions, LogLevel } from "./logger.ts";
export { BasePersistence } from "./persistence/base-persistence.ts";
export { FilePersistence } from "./persistence/file-persistence.ts";
export type { IPersistence, LockingOptions } from "./persistence/persistence.ts";
export type { UndecryptablePolicy } from "./persistence/recovery.ts";
export type { StoredPersistence } from "./persistence/stored-persistence.ts";
export type { CacheContext, SerializableTokenCache } from "./plugin/cache-context.ts";
export type { PluginStatistics } from "./plugin/cache-view.ts";
export { PersistenceCachePlugin, type PersistenceCachePluginOptions } from "./plugin/persistence-cache-plugin.ts";
export {
  type CacheDocument,
  type LoadedCache,
  TokenCacheStore,
  type TokenCacheStoreOptions,
} from "./token-cache-store.ts";
