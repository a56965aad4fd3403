import { expect, it } from "vitest";
import { Child } from "./child.ts";
import { commandFor } from "./commands.ts";
import { temporaryCache } from "./temporary.ts";

it.each([
  ["node", "node:worker_threads"],
  ["deno", "node:worker_threads"],
  ["deno", "web"],
  ["bun", "node:worker_threads"],
  ["bun", "web"],
] as const)(
  "%s: what a process has locked before a thread of it began (%s) is no earlier process's",
  async (runtime, threads) => {
    const assignment = { lockFile: `${await temporaryCache()}.lockfile`, threads };
    const command = await commandFor(runtime);
    const process = new Child<{ type: "ended"; code: string }>(
      "spec-tests/processes/thread-beside-peer.js",
      assignment,
      () => {},
      command,
    );
    expect(await process.hear("ended")).toMatchObject({ code: "lock_timeout" });
    await process.kill();
  },
);
