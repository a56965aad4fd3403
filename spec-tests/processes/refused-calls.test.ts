// What runtimes make of a system call that is refused, by strace. NFS without a lock server says ENOLCK to flock, other
// file systems that they have no such call.
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { needs } from "../encryption/tools.ts";
import { canTrace } from "../family/file-trace.ts";
import { Child, type Command } from "./child.ts";
import { commandFor, type RuntimeName } from "./commands.ts";
import { temporaryCache } from "./temporary.ts";

const refusing = (calls: string, code: string): Command => [
  ...(["strace", "-f", "-qq", "-o", "/dev/null", "-e"] as const),
  ...[`trace=${calls}`, "-e", `inject=${calls}:error=${code}`],
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
      ...refusing("flock", code),
      ...(await commandOf(name)),
    ]);
    expect(await holder.hear("holding")).toBeDefined();
    expect(existsSync(`${lockFile}.lock`)).toBe(true);
    await holder.kill();
  });

  // libuv has no name for it.
  it.each(["rename,renameat,renameat2", "fsync,fdatasync"])("knows a quota that is used up by %s", async (calls) => {
    const assignment = { cache: await temporaryCache() };
    const child = new Child<{ type: "ended"; code: string }>(
      "spec-tests/processes/commit-once.js",
      assignment,
      () => {},
      [...refusing(calls, "EDQUOT"), ...(await commandOf(name))],
    );
    expect(await child.hear("ended")).toMatchObject({ code: "disk_full" });
    await child.kill();
  });
});
