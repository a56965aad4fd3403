// Deno and Bun call C in ways of their own: the contract of what is made of C runs on them too.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compiled } from "../processes/child.ts";
import { commandFor } from "../processes/commands.ts";
import type { ContractResult } from "./contract-program.ts";
import { hasSecretService, startSecretService } from "./secret-service.ts";
import { needs } from "./tools.ts";

const run = promisify(execFile);
const LIMIT_MS = 60_000;

async function contract(runtime: "deno" | "bun", kind: string): Promise<ContractResult[]> {
  const [program, ...options] = await commandFor(runtime);
  const argv = [...options, compiled("spec-tests/encryption/contract-program.js"), kind];
  const { stdout } = await run(program, argv, { timeout: LIMIT_MS });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as ContractResult);
}

async function expectContract(runtime: "deno" | "bun", kind: string): Promise<void> {
  const results = await contract(runtime, kind);
  expect(results.filter(({ failure }) => failure !== undefined)).toEqual([]);
  expect(results).toHaveLength(13);
}

describe.each(["deno", "bun"] as const)("%s", (runtime) => {
  test.runIf(needs("the kernel keyring", process.platform === "linux"))("kernel keyring", { timeout: LIMIT_MS }, () =>
    expectContract(runtime, "kernel keyring"),
  );

  describe.runIf(hasSecretService)("Secret Service", () => {
    let service: Awaited<ReturnType<typeof startSecretService>>;
    beforeAll(async () => {
      service = await startSecretService();
    });
    afterAll(() => service.stop());

    test("libsecret", { timeout: LIMIT_MS }, () => expectContract(runtime, "libsecret"));
  });
});
