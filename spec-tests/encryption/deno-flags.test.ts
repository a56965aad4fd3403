// Every encrypted store, and the lease, with exactly the flags that docs/runtimes.md gives for
// it, and with one of them missing.
import { execFile } from "node:child_process";
import { readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../plugin/fixtures.ts";
import { compiled } from "../processes/child.ts";
import { commandFor } from "../processes/commands.ts";
import type { FlagsResult } from "./flags-program.ts";
import { hasSecretService, type SecretServiceUnderTest, startSecretService } from "./secret-service.ts";
import { needs } from "./tools.ts";

const run = promisify(execFile);
const folder = temporaryFolder();
const LIMIT_MS = 60_000;

async function onDeno(kind: string, flags: readonly string[]): Promise<FlagsResult> {
  const [deno] = await commandFor("deno");
  const argv = ["run", "--no-prompt", ...flags, compiled("spec-tests/encryption/flags-program.js"), kind];
  const { stdout } = await run(deno, [...argv, folder.file("cache")], { timeout: LIMIT_MS });
  return JSON.parse(stdout) as FlagsResult;
}

function needsExactly(kind: string, more: readonly string[], ofThisPlatform: readonly string[] = []): void {
  const flags = () => [`--allow-read=${folder.path}`, `--allow-write=${folder.path}`, ...more];
  const nameOf = (flag: string) => flag.replace(/=.*/, "");

  test(`${kind}: ${["--allow-read", "--allow-write", ...more].join(" ")}`, { timeout: LIMIT_MS }, async () => {
    expect(await onDeno(kind, [...flags(), ...ofThisPlatform])).toEqual({ loaded: "text" });
  });

  test.each(["--allow-read", "--allow-write", ...more.map(nameOf)])(`${kind}, without %s`, async (missing) => {
    const others = flags().filter((flag) => nameOf(flag) !== missing);
    const { code, message } = await onDeno(kind, [...others, ...ofThisPlatform]);
    expect(code).toBe("permission_denied");
    expect(message).toContain(missing);
  });
}

describe("Deno's flags", () => {
  test.each([
    ["--allow-sys", () => `${statfsSync(folder.path).type}`],
    ["--allow-env", () => "undefined"],
  ])("what file system it is, with %s", { timeout: LIMIT_MS }, async (flag, loaded) => {
    writeFileSync(folder.file("cache"), "");
    expect(await onDeno("file system", [`--allow-read=${folder.path}`, flag])).toEqual({ loaded: loaded() });
  });

  test("Environment: --allow-env --allow-sys=uid", { timeout: LIMIT_MS }, async () => {
    expect(await onDeno("environment", ["--allow-env", "--allow-sys=uid"])).toEqual({ loaded: process.env.HOME });
  });

  test.each(["--allow-env", "--allow-sys"])("Environment, without %s", { timeout: LIMIT_MS }, async (missing) => {
    const others = ["--allow-env", "--allow-sys=uid"].filter((flag) => !flag.startsWith(missing));
    const { code, message } = await onDeno("environment", others);
    expect([code, message]).toEqual(["permission_denied", expect.stringContaining(missing)]);
  });

  test.each([
    ["sound", '{"Account":{"a":{"username":"ann"}}}'],
    ["damaged", '{"Account":{"a":{"username":"ann"},'],
  ])("to look at a %s cache: --allow-read", { timeout: LIMIT_MS }, async (_, content) => {
    writeFileSync(folder.file("cache"), content);
    expect(await onDeno("look", [`--allow-read=${folder.path}`])).toEqual({ loaded: "ann" });
    expect(readFileSync(folder.file("cache"), "utf8")).toBe(content);
    rmSync(folder.file("cache"));
  });

  needsExactly("plain file", []);
  needsExactly("lease", ["--allow-env"]);
  needsExactly("supplied key", []);
  describe.runIf(needs("the kernel keyring", process.platform === "linux"))("the kernel keyring", () => {
    needsExactly("kernel keyring", ["--allow-ffi"]);
  });

  describe.runIf(hasSecretService)("the Secret Service", () => {
    let service: SecretServiceUnderTest;
    beforeAll(async () => {
      service = await startSecretService();
    });
    afterAll(() => service.stop());

    needsExactly("libsecret", ["--allow-ffi"]);
    // On Linux @napi-rs/keyring looks into ldd for which C library there is.
    needsExactly("keychain", ["--allow-ffi", "--allow-env"], ["--allow-read=/usr/bin/ldd"]);
  });
});
