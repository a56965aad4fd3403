import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { compiled } from "./child.ts";

it("the demo loses nothing, recovers a killed holder's lock and two torn files", { timeout: 90_000 }, async () => {
  const demo = promisify(execFile)(process.execPath, [compiled("demo/main.js"), "--json"], { maxBuffer: 2 ** 24 });
  // One that ends with 1 rejects, and has said why on its standard output all the same.
  const { stdout, code } = await demo.then(
    ({ stdout }) => ({ stdout, code: 0 }),
    (error: { stdout: string; code: number }) => error,
  );
  const report = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
  expect(report).toMatchObject({ lost: 0, lostTokens: [], failures: [], refusedRefreshTokens: 0, recoveredLocks: 1 });
  expect(code).toBe(0);
  expect(report.found).toBe(report.expected);
  // 4 services × 25 scopes; 3 accounts × (6 scopes, an id token and a refresh token).
  expect(report.expected).toBe(4 * 25 + 3 * 8);
  expect(report.salvaged).toBeGreaterThanOrEqual(2);
  expect(report.setAside.length).toBeGreaterThanOrEqual(2);
  expect(report.workers).toHaveLength(8);
  expect(new Set(report.workers.map((worker: { runtime: string }) => worker.runtime))).toEqual(
    new Set(["node", "deno", "bun"]),
  );
});
