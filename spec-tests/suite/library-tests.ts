import { lockTests } from "./library/cross-platform-lock.ts";
import { filePersistenceTests } from "./library/file-persistence.ts";
import { pluginTests } from "./library/persistence-cache-plugin.ts";
import { persistenceContract } from "./library/persistence-contract.ts";
import { fileKinds } from "./library/persistence-kinds.ts";
import { storeTests } from "./library/token-cache-store.ts";
import type { Target } from "./target.ts";
import { withFolder } from "./temporary.ts";
import type { Registrar } from "./vector-tests.ts";

/** Registers a test that is given the path of a cache in a folder of its own. */
export type OnCache = (name: string, test: (cache: string, folder: string) => Promise<void>) => void;

/** The contract of the public classes, as far as every runtime keeps it. */
export function libraryTests(target: Target, test: Registrar): void {
  const parts = { filePersistenceTests, lockTests, pluginTests, storeTests };
  for (const [part, tests] of Object.entries(parts)) tests(target, onCache(part.replace("Tests", ""), test));
  for (const [name, kind] of Object.entries(fileKinds(target.library))) {
    persistenceContract(target.library, kind, onCache(`contract of ${name}`, test));
  }
}

/** Gives each test a folder of its own. */
export function onCache(part: string, test: Registrar): OnCache {
  return (name, body) => test(`${part}: ${name}`, () => withFolder((folder) => body(`${folder}/cache.json`, folder)));
}
