import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";

const CALLS = "open,openat,openat2,fsync,fdatasync,write,writev,pwrite64,sendto,rename,renameat,renameat2";

/** What is put before a command so that what it has the disk do is written to `log`, in the order in which it was done. */
export const tracingDisk = (log: string): readonly [string, ...string[]] => [
  "strace",
  ...["-f", "--seccomp-bpf", "-qq", "-y", "-e", "signal=none", "-e", `trace=${CALLS}`],
  ...["-z", "-o", log], // what has failed did nothing; without it a call is written down in two halves
];

/**
 * Whether a process had the disk keep the name of the cache that it replaced last, before it wrote `said`: it has synced
 * the folder, or a new file in it.
 */
export async function wasOnDisk(log: string, cache: string, said: string): Promise<boolean> {
  const lines = (await readFile(log, "utf8")).split("\n");
  const renamed = lines.findLastIndex((line) => / rename\w*\(/.test(line) && line.includes(`${basename(cache)}")`));
  const told = lines.findLastIndex((line) => / (write|writev|sendto)\(/.test(line) && line.includes(said));
  if (renamed === -1 || told === -1) throw new Error(`The trace has no ${renamed === -1 ? "rename" : said}`);
  return lines.slice(renamed, told).some((line, at, between) => {
    const [, call, path] = / (\w+)\(\d+<([^>]*)>/.exec(line) ?? [];
    if (path === undefined || (path !== dirname(cache) && dirname(path) !== dirname(cache))) return false;
    return call === "fsync" || between.slice(0, at).some((before) => opensThrough(before, path));
  });
}

/** Is what is written to the file on the disk, each time? */
function opensThrough(line: string, path: string): boolean {
  return / open\w*\(/.test(line) && /O_D?SYNC/.test(line) && line.endsWith(`<${path}>`);
}
