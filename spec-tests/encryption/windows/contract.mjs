// The contract that every persistence passes, for DPAPI.
import * as library from "msal-extensions";
import { persistenceContract } from "./node_modules/msal-extensions/dist/spec-tests/suite/library/persistence-contract.js";
import { onCache } from "./node_modules/msal-extensions/dist/spec-tests/suite/library-tests.js";

const { DataProtectionScope, FilePersistenceWithDataProtection } = library;

/** @returns the name of each test, and its failure, if it failed */
export async function contract() {
  const create = (cache) => FilePersistenceWithDataProtection.create(cache, DataProtectionScope.CurrentUser);
  const tests = [];
  persistenceContract(
    library,
    { encrypted: true, create },
    onCache("DPAPI", (name, test) => tests.push([name, test])),
  );
  const results = [];
  for (const [name, test] of tests) {
    const failure = await test().then(
      () => undefined,
      (error) => String(error.stack),
    );
    results.push({ name, failure });
  }
  return results;
}
