// A prompt that nobody answers, and that is not over when it is dismissed either: nothing waits for it
// for ever, and nothing is lost.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../plugin/fixtures.ts";
import { compiled } from "../processes/child.ts";
import { commandFor } from "../processes/commands.ts";
import { hasGi, hasSecretService, startUnansweredService } from "./secret-service.ts";
import type { UnansweredResult } from "./unanswered-program.ts";

const run = promisify(execFile);
const folder = temporaryFolder();
const LIMIT_MS = 60_000;
const LOCKED = "secret_store_locked";

async function resultOn(
  runtime: "node" | "deno" | "bun",
): Promise<UnansweredResult & { readonly lines: readonly string[] }> {
  const service = await startUnansweredService();
  try {
    const [program, ...options] = await commandFor(runtime);
    const argv = [...options, compiled("spec-tests/encryption/unanswered-program.js"), folder.file(runtime)];
    const { stdout } = await run(program, argv, { env: service.env, timeout: LIMIT_MS });
    return { ...(JSON.parse(stdout) as UnansweredResult), lines: service.lines };
  } finally {
    await service.stop();
  }
}

describe.runIf(hasGi && hasSecretService)("a prompt that nobody answers", () => {
  const answered = ["kept", null, "saved"];

  test.concurrent.each(["node", "deno"] as const)(
    "%s: one is asked for, given up after 22 s, and no other until it is answered",
    { timeout: LIMIT_MS },
    async (runtime) => {
      const result = await resultOn(runtime);
      expect(result.together.map(({ value }) => value)).toEqual([LOCKED, LOCKED, LOCKED]);
      expect(Math.max(...result.together.map(({ seconds }) => seconds))).toBeLessThan(40);
      expect(result.afterwards.map(({ value }) => value)).toEqual([LOCKED, LOCKED]);
      expect(Math.max(...result.afterwards.map(({ seconds }) => seconds))).toBeLessThan(20);
      expect(result.answered.map(({ value }) => value)).toEqual(answered);
      expect(result.lines).toEqual(["serves", "asked"]);
    },
  );

  test("bun, where it would block everything: nobody is asked", { timeout: LIMIT_MS }, async () => {
    const result = await resultOn("bun");
    const values = [...result.together, ...result.afterwards].map(({ value }) => value);
    expect(values).toEqual(Array(5).fill(LOCKED));
    expect(result.answered.map(({ value }) => value)).toEqual(answered);
    expect(result.lines).toEqual(["serves"]);
  });
});
