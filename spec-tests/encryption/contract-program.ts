// Runs the contract of one kind of persistence on the runtime that this is started with. A line of JSON for each test.
import { KernelKeyring } from "../../hosts/shared/encryption/keys/kernel-keyring.ts";
import { host } from "../../hosts/shared/runtime/host.ts";
import { persistenceContract } from "../suite/library/persistence-contract.ts";
import { KEYRING_NAME, nativeKinds } from "../suite/library/persistence-kinds.ts";
import { onCache } from "../suite/library-tests.ts";
import { library } from "../support/library.ts";

/** What a test came to; `failure` is there when it failed. */
export interface ContractResult {
  readonly name: string;
  readonly failure?: string;
}

const kind = process.argv[2] as keyof ReturnType<typeof nativeKinds>;
const tests: [string, () => void | Promise<void>][] = [];
persistenceContract(
  library,
  nativeKinds(library)[kind],
  onCache(kind, (name, test) => void tests.push([name, test])),
);
for (const [name, test] of tests) console.log(JSON.stringify(await resultOf(name, test)));
if (kind === "kernel keyring") new KernelKeyring(host(), KEYRING_NAME).remove();

async function resultOf(name: string, test: () => void | Promise<void>): Promise<ContractResult> {
  try {
    await test();
    return { name };
  } catch (error) {
    return { name, failure: String((error as Error).stack) };
  }
}
