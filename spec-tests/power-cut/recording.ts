import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fromRoot } from "../processes/commands.ts";
import { run } from "../support/run.ts";
import type { Program } from "../writers/programs.ts";
import { type Entry, readEntries } from "./entries.ts";
import { type FileSystem, make, mounted, onLoopDevice } from "./file-systems.ts";

const PROCESSES = 3;
const COMMITS = 25;

/** Below the root of the file system; its folder is made by the first commit. */
export const CACHE = "home/.application/cache/tokens.json";

const BEGIN = "begin";

/** All that a disk is told while processes commit to one cache on it, and what comes before: the making of it. */
export interface Recording {
  readonly before: readonly Entry[];
  readonly entries: readonly Entry[];
}

/**
 * @param folder to work in
 * @param mount where to mount the file system meanwhile
 */
export async function record(
  program: Program,
  fileSystem: FileSystem,
  folder: string,
  mount: string,
): Promise<Recording> {
  const [disk, file] = [join(folder, "disk"), join(folder, "record")];
  mkdirSync(disk);
  const end = await startDisk(disk, fileSystem.mebibytes, file);
  try {
    await onLoopDevice(join(disk, "disk"), (device) => {
      make(fileSystem, device);
      return mounted(device, mount, fileSystem.name, () => commitAll(program, mount, join(disk, "news")));
    });
  } finally {
    await end();
  }
  const all = readEntries(file);
  const begin = all.findIndex((entry) => entry.kind === "news" && entry.lines.includes(BEGIN));
  return { before: all.slice(0, begin), entries: all.slice(begin) };
}

interface Setup {
  readonly PYTHON: string;
  readonly RECORDING_DISK: string;
  build(): Promise<unknown>;
}

/** @returns what ends it */
async function startDisk(folder: string, mebibytes: number, file: string): Promise<() => Promise<void>> {
  const { PYTHON, RECORDING_DISK, build } = await fromRoot<Setup>("spec-tests/power-cut/setup.mjs");
  await build();
  const server = spawn(PYTHON, [RECORDING_DISK, folder, String(mebibytes), file], { stdio: "inherit" });
  const ended = once(server, "exit");
  while (!existsSync(join(folder, "disk"))) {
    if (server.exitCode !== null) throw new Error("The disk cannot be made; it says why above");
    await pause(20);
  }
  return async () => {
    run("umount", folder);
    await ended;
  };
}

async function commitAll(program: Program, mount: string, news: string): Promise<void> {
  mkdirSync(join(mount, "home"));
  run("sync", "--file-system", mount);
  tell(news, BEGIN);
  await Promise.all(Array.from({ length: PROCESSES }, (_, n) => commit(program, join(mount, CACHE), news, `w${n}`)));
}

async function commit({ command, tells, without }: Program, cache: string, news: string, prefix: string) {
  const [path, ...before] = command;
  const options = [...(tells ? [news, "0"] : []), ...(without === undefined ? [] : [without])];
  const child = spawn(path, [...before, cache, prefix, String(COMMITS), ...options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  createInterface({ input: child.stdout }).on("line", (line) => tell(news, `${prefix} ${line}`));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${command.join(" ")} has ended with ${code}`);
}

function tell(news: string, line: string): void {
  const file = openSync(news, "w");
  writeSync(file, `${line}\n`, 0);
  closeSync(file);
}
