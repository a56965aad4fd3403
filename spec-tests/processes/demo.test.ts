import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { compiled } from "./child.ts";

const execute = promisify(execFile);

it("the demo loses nothing, encrypted and plain; killed holders and torn files are recovered", {
  timeout: 150_000,
}, async () => {
  const demo = execute(process.execPath, [compiled("demo/main.js"), "--json"], { maxBuffer: 2 ** 24 });
  // One that ends with 1 rejects, and has said why on its standard output all the same.
  const { stdout, code } = await demo.then(
    ({ stdout }) => ({ stdout, code: 0 }),
    (error: { stdout: string; code: number }) => error,
  );
  const report = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
  expect(report).toMatchObject({ lost: 0, lostTokens: [], failures: [], refusedRefreshTokens: 0, recoveredLocks: 2 });
  expect(code).toBe(0);
  expect(report.encryption).toMatchObject({ store: expect.not.stringMatching(/^FilePersistence$/), readableFiles: [] });
  for (const act of [report.acts.encrypted, report.acts.plain]) {
    // 4 services × 25 scopes; 3 accounts × (6 scopes, an id token and a refresh token).
    expect(act).toMatchObject({ expected: 4 * 25 + 3 * 8, found: 4 * 25 + 3 * 8, recoveredLocks: 1 });
  }
  expect(report.acts.plain).toMatchObject({ salvaged: 2, setAside: 2 });
  if (report.encryption.store === "KernelKeyringPersistence") expect(report.acts.encrypted.setAside).toBe(2);
  expect(report.workers).toHaveLength(2 * 8);
  expect(new Set(report.workers.map((worker: { runtime: string }) => worker.runtime))).toEqual(
    new Set(["node", "deno", "bun"]),
  );
});

it("where no store works the demo encrypts with a key of its own, and says why", async () => {
  const folder = await mkdtemp(join(tmpdir(), "msal-extensions-"));
  try {
    const script = `
      const { choose } = await import(${JSON.stringify(compiled("demo/store.js"))});
      console.log(JSON.stringify(await choose(${JSON.stringify(join(folder, "cache"))})));`;
    // Without addons Node.js cannot call native functions.
    const { stdout } = await execute(process.execPath, ["--no-addons", "--input-type=module", "-e", script]);
    const { store, refused } = JSON.parse(stdout);
    expect(store).toBe("FilePersistenceWithKey");
    expect(refused.length).toBeGreaterThan(0);
  } finally {
    await rm(folder, { recursive: true });
  }
});
