export * from "../shared/index.ts";
export { CrossPlatformLock } from "./cross-platform-lock.ts";
export { Environment } from "./environment.ts";
export { FilePersistence } from "./file-persistence.ts";
export { TokenCacheStore } from "./token-cache-store.ts";
