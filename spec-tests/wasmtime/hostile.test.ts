// Each script says what it holds the core to, prints its seed, and with what to see a finding again.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { installWasmtime, isWasmtimeThere, wasmtimeScript } from "./wasmtime.ts";

const LONGER = process.env.SOAK === "1" ? 50 : 1;

installWasmtime();

describe.runIf(isWasmtimeThere)("under wasmtime the core is up against", () => {
  test.each([
    ["a hostile host", "hostile_host.py", 150],
    ["a hostile embedder", "hostile_embedder.py", 60],
    ["hostile caches", "hostile_cache.py", 15],
  ])("%s", { timeout: 120_000 * LONGER }, async (title, script, rounds) => {
    const [python, args] = wasmtimeScript(script, "--rounds", String(rounds * LONGER));
    const { stdout } = await promisify(execFile)(python, args, { maxBuffer: 2 ** 24 });
    console.log(stdout.trim());
    expect(stdout).toMatch(new RegExp(`^${title}: ${rounds * LONGER} rounds from seed \\d+: `));
  });
});
