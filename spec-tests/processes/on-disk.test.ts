// What a commit has stored survives a power cut once it has returned: the new name of the cache is on the disk by then.
// `npm run power-cut` cuts the power.
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { findNodes } from "../../tools/runtimes.mjs";
import { needs } from "../encryption/tools.ts";
import { canTrace } from "../family/file-trace.ts";
import { tracingDisk, wasOnDisk } from "../support/disk-trace.ts";
import { Child, type Command } from "./child.ts";
import { commandFor, PERMISSION_MODEL } from "./commands.ts";
import { temporaryCache } from "./temporary.ts";

const RUNTIMES = ["node", "deno", "bun"] as const;

describe.runIf(needs("strace", canTrace()))("a commit that has returned is on the disk", () => {
  it.each(RUNTIMES)("on %s", async (name) => expect(await isOnDisk(await commandFor(name))).toBe(true));

  it.each(findNodes(22))("on Node $version under its permission model", async ({ path }) => {
    expect(await isOnDisk([path, ...PERMISSION_MODEL])).toBe(true);
  });
});

async function isOnDisk(command: Command): Promise<boolean> {
  const cache = await temporaryCache();
  const log = join(dirname(cache), "trace");
  const child = new Child<{ type: "ended"; code: string }>("spec-tests/processes/commit-once.js", { cache }, () => {}, [
    ...tracingDisk(log),
    ...command,
  ]);
  expect(await child.hear("ended")).toMatchObject({ code: "ok" });
  child.process.stdin!.end();
  await child.ended;
  return wasOnDisk(log, cache, "ended");
}
