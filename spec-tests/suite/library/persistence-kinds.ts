import { pid } from "node:process";
import type * as Library from "../../../hosts/node/index.ts";
import type { PersistenceKind } from "./persistence-contract.ts";

const KEY = new Uint8Array(32).fill(7);

/** What works wherever there is a file. */
export const fileKinds = ({ FilePersistence, FilePersistenceWithKey }: typeof Library) =>
  ({
    "plain file": { encrypted: false, create: (location) => FilePersistence.create(location) },
    "supplied key": { encrypted: true, create: (location) => FilePersistenceWithKey.create(location, KEY) },
  }) satisfies Record<string, PersistenceKind>;

/** The key that all caches of a run share. Whoever tests with it removes it. */
export const KEYRING_NAME = `msal-extensions-test-${pid}`;

/** What wants native functions, and a kernel or a service. */
export const nativeKinds = ({ KernelKeyringPersistence, LibSecretPersistence }: typeof Library) =>
  ({
    "kernel keyring": {
      encrypted: true,
      create: (location) => KernelKeyringPersistence.create(location, KEYRING_NAME),
    },
    libsecret: {
      encrypted: true,
      create: (location) => LibSecretPersistence.create(location, "msal-extensions-test", location),
    },
  }) satisfies Record<string, PersistenceKind>;
