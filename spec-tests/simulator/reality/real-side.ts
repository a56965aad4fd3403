// A process that performs the calls it is told on stdin, in the folder given on its command line, and
// answers each with its outcome.
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  futimesSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmdirSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { constants as system } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { foreignFunctions } from "../../../hosts/node/foreign-functions.ts";
import { EARLIEST_CLOCK_MS, type FileCall, type OpenMode, type Outcome } from "./operations.ts";

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_TRUNC } = constants;
const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: O_RDONLY,
  update: O_RDWR,
  exclusive: O_RDWR | O_CREAT | O_EXCL,
  truncate: O_RDWR | O_CREAT | O_TRUNC,
  create: O_RDWR | O_CREAT,
};

const LOCK_EX_NB = 6;
const LOCK_UN = 8;
const F_SETLK = 6;
const F_OFD_SETLK = 37;
const F_WRLCK = 1;
const F_UNLCK = 2;

const foreign = foreignFunctions();
const { flock, fcntl } = foreign.open(null, {
  flock: { parameters: ["i32", "i32"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "buffer"], result: "i32", variableFrom: 2 },
});
const handles = new Map<number, number>();
const [folder = ""] = JSON.parse(process.argv[2]!) as string[];
const at = (name: string) => join(folder, name);

function locked(outcome: unknown): boolean {
  const errno = outcome === 0 ? 0 : foreign.errno();
  if (errno === 0) return true;
  if (errno === system.errno.EAGAIN || errno === system.errno.EACCES) return false;
  throw Object.assign(new Error("lock"), {
    code: Object.entries(system.errno).find(([, number]) => number === errno)?.[0],
  });
}

function record(fd: number, command: number, type: number): boolean {
  const wholeFile = new Uint8Array(32);
  new Int16Array(wholeFile.buffer)[0] = type;
  return locked(fcntl(fd, command, wholeFile));
}

function shown(stat: Stats) {
  const isFolder = stat.isDirectory();
  if (isFolder) return { isFolder };
  const setTo = stat.mtimeMs < EARLIEST_CLOCK_MS ? stat.mtimeMs : null;
  return { isFolder, size: stat.size, links: stat.nlink, setTo };
}

function read(fd: number, position: number, length: number): string {
  const buffer = new Uint8Array(length);
  return new TextDecoder().decode(buffer.subarray(0, readSync(fd, buffer, 0, length, position)));
}

function perform(call: FileCall): unknown {
  const fd = "handle" in call ? handles.get(call.handle)! : -1;
  switch (call.call) {
    case "open":
      handles.set(call.handle, openSync(at(call.name), FLAGS[call.how], 0o600));
      return undefined;
    case "close":
      return closeSync(fd);
    case "fstat":
      return shown(fstatSync(fd));
    case "stat":
      return shown(statSync(at(call.name)));
    case "isAtPath":
      return statSync(at(call.name)).ino === fstatSync(fd).ino;
    case "list":
      return readdirSync(folder).sort();
    case "read":
      return read(fd, call.position, call.length);
    case "write":
      return writeSync(fd, call.text, call.position);
    case "truncate":
      return ftruncateSync(fd, call.length);
    case "setTimes":
      return futimesSync(fd, new Date(call.modifiedMs), new Date(call.modifiedMs));
    case "unlink":
      return unlinkSync(at(call.name));
    case "makeFolder":
      return mkdirSync(at(call.name));
    case "removeFolder":
      return rmdirSync(at(call.name));
    case "rename":
      return renameSync(at(call.name), at(call.to));
    case "link":
      return linkSync(at(call.name), at(call.to));
    case "flock":
      return locked(flock(fd, LOCK_EX_NB));
    case "unflock":
      return void flock(fd, LOCK_UN);
    case "descriptionLock":
      return record(fd, F_OFD_SETLK, F_WRLCK);
    case "processLock":
      return record(fd, F_SETLK, F_WRLCK);
    case "processUnlock":
      return void record(fd, F_SETLK, F_UNLCK);
  }
}

function outcomeOf(call: FileCall): Outcome {
  try {
    return { value: perform(call) ?? null };
  } catch (error) {
    return { error: (error as { code: string }).code };
  }
}

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const outcome = outcomeOf(JSON.parse(line) as FileCall);
    process.stdout.write(`${JSON.stringify({ type: "outcome", outcome })}\n`);
  })
  .on("close", () => process.exit(1)); // Nobody is left to report to.
