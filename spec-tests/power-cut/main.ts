// npm run power-cut -- [--cuts N] [--seed N]: real file systems on a disk that writes down what it is told, processes that
// commit to a cache on it, and then what a power cut would have left at N points of it.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { Random } from "../simulator/schedule/random.ts";
import { findPrograms, type Program } from "../writers/programs.ts";
import { Promised } from "../writers/promised.ts";
import { DiskImage } from "./disk-image.ts";
import { FILE_SYSTEMS, type FileSystem, mounted } from "./file-systems.ts";
import { CACHE, type Recording, record } from "./recording.ts";

const { values } = parseArgs({
  options: { cuts: { type: "string", default: "300" }, seed: { type: "string", default: "1" } },
});

/** On a real disk it takes many times as long. */
const MEMORY = "/dev/shm";

const SHOWN = 5;

/** The faults of each cut that has any. */
async function cutPower(
  recording: Recording,
  { name, mebibytes }: FileSystem,
  folder: string,
  mount: string,
): Promise<string[]> {
  const random = new Random(Number(values.seed));
  const chosen = points(recording.entries.length, random);
  const left = join(folder, "left");
  const image = new DiskImage(join(folder, "image"), mebibytes);
  const promised = new Promised();
  const faults: string[] = [];
  for (const entry of recording.before) image.take(entry);
  for (const [index, entry] of recording.entries.entries()) {
    if (chosen.has(index)) {
      image.cutPower(left, random);
      const found = await mounted(left, mount, name, () => promised.faultsOf(join(mount, CACHE)));
      if (found.length > 0) faults.push(`cut ${index}: ${found.join(", ")}`);
    }
    image.take(entry);
    if (entry.kind === "news") promised.take(entry.lines);
  }
  image.close();
  return faults;
}

function points(entries: number, random: Random): ReadonlySet<number> {
  const all = Array.from({ length: entries }, (_, index) => index);
  const chosen = new Set<number>();
  while (chosen.size < Math.min(Number(values.cuts), entries)) chosen.add(random.pick(all));
  return chosen;
}

async function run(program: Program, fileSystem: FileSystem): Promise<boolean> {
  const folder = mkdtempSync(join(MEMORY, "msal-extensions-power-cut-"));
  const mount = join(folder, "mount");
  mkdirSync(mount);
  try {
    const recording = await record(program, fileSystem, folder, mount);
    const faults = await cutPower(recording, fileSystem, folder, mount);
    const isFine = (faults.length === 0) === (program.without === undefined);
    const cuts = Math.min(Number(values.cuts), recording.entries.length);
    console.log(
      `${isFine ? "ok" : "FAILED"}  ${program.name}, ${fileSystem.name}: ${cuts} cuts, ${faults.length} with a loss`,
    );
    if (!isFine) for (const fault of faults.slice(0, SHOWN)) console.log(`        ${fault}`);
    return isFine;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.platform !== "linux" || process.getuid?.() !== 0) {
  console.error("This needs Linux and root, for loop devices and mounts.");
  process.exit(2);
}
for (const program of await findPrograms("syncing")) {
  for (const fileSystem of FILE_SYSTEMS) if (!(await run(program, fileSystem))) process.exitCode = 1;
}
