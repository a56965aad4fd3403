// File systems without kernel locks, made by strace: NFS without a lock server says ENOLCK, others that they have no such call.
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { needs } from "../encryption/tools.ts";
import { canTrace } from "../family/file-trace.ts";
import { Child, type Command } from "./child.ts";
import { commandFor, type RuntimeName } from "./commands.ts";
import { temporaryCache } from "./temporary.ts";

const refusing = (code: string): Command => [
  ...(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=flock", "-e"] as const),
  `inject=flock:error=${code}`,
];

/** Deno without `--allow-ffi` locks by its own means. */
const BY_ITSELF = ["run", "--no-prompt", "--allow-read", "--allow-write", "--allow-env", "--allow-sys"];

async function commandOf(name: string): Promise<Command> {
  if (name !== "deno by itself") return commandFor(name as RuntimeName);
  return [(await commandFor("deno"))[0], ...BY_ITSELF];
}

describe.runIf(needs("strace", canTrace())).each(["node", "deno", "deno by itself", "bun"])("%s", (name) => {
  it.each(["ENOLCK", "EOPNOTSUPP", "ENOSYS"])("takes a lease where flock says %s", async (code) => {
    const lockFile = `${await temporaryCache()}.lockfile`;
    const holder = new Child<{ type: "holding" }>("spec-tests/processes/lock-holder.js", { lockFile }, () => {}, [
      ...refusing(code),
      ...(await commandOf(name)),
    ]);
    expect(await holder.hear("holding")).toBeDefined();
    expect(existsSync(`${lockFile}.lock`)).toBe(true);
    await holder.kill();
  });
});
