import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { type Entry, readEntries } from "./entries.ts";
import { type FileSystem, LoopDevice, make, mounted, run } from "./file-systems.ts";
import { type Program, recordingDisk } from "./programs.ts";

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

export async function record(program: Program, fileSystem: FileSystem, folder: string): Promise<Recording> {
  const [disk, mount, file] = ["disk", "mount", "record"].map((name) => join(folder, name)) as [string, string, string];
  for (const path of [disk, mount]) mkdirSync(path, { recursive: true });
  const end = await startDisk(disk, fileSystem.mebibytes, file);
  const device = new LoopDevice(join(disk, "disk"));
  try {
    make(fileSystem, device.path);
    await mounted(device.path, mount, fileSystem.name, async () => {
      mkdirSync(join(mount, "home"));
      run("sync", "--file-system", mount);
      tell(join(disk, "news"), BEGIN);
      await Promise.all(
        Array.from({ length: PROCESSES }, (_, n) => commit(program, join(mount, CACHE), disk, `w${n}`)),
      );
    });
  } finally {
    device.detach();
    await end();
  }
  const all = readEntries(file);
  const begin = all.findIndex((entry) => entry.kind === "news" && entry.lines.includes(BEGIN));
  return { before: all.slice(0, begin), entries: all.slice(begin) };
}

/** @returns what ends it */
async function startDisk(folder: string, mebibytes: number, file: string): Promise<() => Promise<void>> {
  const { PYTHON, RECORDING_DISK, build } = await recordingDisk();
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

async function commit({ command, options, tells }: Program, cache: string, disk: string, prefix: string) {
  const news = join(disk, "news");
  const [path, ...before] = command;
  const child = spawn(path, [...before, cache, prefix, String(COMMITS), ...(tells ? [news, ...options] : options)], {
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
