import type { FileStatus, FileSystem } from "../../../hosts/shared/files/file-system.ts";
import type { Observer } from "../invariants/observer.ts";
import type { SimulatedProcess } from "../schedule/simulated-process.ts";
import { errno } from "../system/errno.ts";
import type { OpenFlags } from "../system/file-system.ts";
import type { Inode } from "../system/inode.ts";
import type { OpenFile } from "../system/open-file.ts";
import { CACHE, LEASE, nameAt } from "./names.ts";

const O_RDWR = 2;

// biome-ignore lint/suspicious/noExplicitAny: the callbacks of node:fs, of many types, are called as they come
type Callback = (error: any, ...values: any[]) => void;

/** The part of node:fs that the host uses, as one simulated process sees it. Each function is one system call. */
export function processFiles(process: SimulatedProcess, observer: Observer): FileSystem {
  const { files } = process.machine;
  const call = (name: string, action: () => unknown, callback: Callback) => {
    if (name.split(" ")[1] === LEASE) observer.onRenewal(process);
    process.call(name, action, (error, value) => callback(error ?? null, value));
  };
  const file = (descriptor: number): OpenFile => fileOf(process, descriptor);
  const onPath = (name: string, action: (path: string) => unknown) => (path: string, callback: Callback) =>
    call(`${name} ${nameAt(path)}`, () => action(seen(name, path)), callback);
  const seen = (syscall: string, path: string) => {
    observer.onCall(process, syscall, nameAt(path));
    return nameAt(path);
  };

  const functions = {
    open(path: string, flags: string | number, ...rest: unknown[]) {
      const open = () => files.open(process, seen("open", path), flagsOf(flags)).descriptor;
      call(`open ${nameAt(path)} ${flags}`, open, rest.at(-1) as Callback);
    },
    close: (fd: number, callback: Callback) => call(`close ${fd}`, () => files.close(file(fd)), callback),
    // Changes nothing that anybody sees.
    closeElsewhere: (fd: number, callback: Callback) => callback(null, files.close(file(fd))),
    read(fd: number, buffer: Uint8Array, offset: number, length: number, position: number, callback: Callback) {
      const read = () => {
        observer.onReading(process, file(fd).inode);
        const bytes = files.read(file(fd), position, length);
        buffer.set(bytes, offset);
        return bytes.length;
      };
      call(`read ${fd}`, read, callback);
    },
    write(fd: number, bytes: Uint8Array, offset: number, length: number, position: number, callback: Callback) {
      const write = () => files.write(file(fd), bytes.slice(offset, offset + length), position);
      call(`write ${fd}`, write, callback);
    },
    fstat(fd: number, _options: unknown, callback: Callback) {
      const look = () => {
        observer.onStatus(process, file(fd).inode);
        return statsOf(file(fd).inode);
      };
      call(`fstat ${fd}`, look, callback);
    },
    fsync: (fd: number, callback: Callback) => call(`fsync ${fd}`, () => files.sync(file(fd)), callback),
    ftruncate: (fd: number, length: number, callback: Callback) =>
      call(`ftruncate ${fd} ${length}`, () => files.truncate(file(fd), length), callback),
    futimes(fd: number, _access: unknown, modified: Date | number, callback: Callback) {
      const isLease = files.openedAs(process, fd)?.inode.isFolder;
      const modifiedMs = typeof modified === "number" ? modified * 1000 : modified.getTime();
      const set = () => files.setTimes(process, file(fd).inode, modifiedMs);
      call(`futimes ${isLease ? LEASE : fd}`, set, callback);
    },
    utimes(path: string, _access: Date, modified: Date, callback: Callback) {
      const set = () => files.setTimes(process, files.stat(seen("utimes", path)), modified.getTime());
      call(`utimes ${nameAt(path)}`, set, callback);
    },
    stat: (path: string, ...rest: unknown[]) =>
      onPath("stat", (name) => statsOf(files.stat(name)))(path, rest.at(-1) as Callback),
    lstat: (path: string, ...rest: unknown[]) =>
      onPath("lstat", (name) => statsOf(files.stat(name)))(path, rest.at(-1) as Callback),
    unlink: onPath("unlink", (name) => files.unlink(process, name)),
    mkdir: (path: string, ...rest: unknown[]) =>
      onPath("mkdir", (name) => files.makeFolder(process, name))(path, rest.at(-1) as Callback),
    rmdir: onPath("rmdir", (name) => files.removeFolder(process, name)),
    rename(from: string, to: string, callback: Callback) {
      const end = nameAt(to) === CACHE ? hideReplaced(process) : undefined;
      const rename = () => {
        end?.();
        files.rename(process, nameAt(from), nameAt(to));
      };
      const renamed = () => call(`rename ${nameAt(from)} ${nameAt(to)}`, rename, callback);
      if (end === undefined) renamed();
      else process.timer(process.machine.replaceMs, renamed);
    },
    link: (from: string, to: string, callback: Callback) =>
      call(`link ${nameAt(from)} ${nameAt(to)}`, () => files.link(process, nameAt(from), nameAt(to)), callback),
    readdir: onPath("readdir", (name) => files.list(name)),
    readlink: onPath("readlink", (name) => {
      throw errno("ENOENT", "readlink", name);
    }),
    readFile: (path: string, _encoding: string, callback: Callback) =>
      call(`readFile ${path}`, () => processState(path, process), callback),
    rmdirSync() {},
    watch: (path: string, _options: unknown, listener: () => void) => watch(process, nameAt(path), listener),
  };
  return functions as unknown as FileSystem;
}

/** Who is killed or stopped meanwhile has replaced nothing. @returns what ends it */
function hideReplaced({ machine }: SimulatedProcess): (() => void) | undefined {
  if (machine.replaceMs === 0 || machine.files.find(CACHE) === undefined) return undefined;
  const end = machine.files.hide(CACHE);
  machine.after(2 * machine.replaceMs, end);
  return end;
}

export function fileOf(process: SimulatedProcess, descriptor: number): OpenFile {
  const found = process.machine.files.openedAs(process, descriptor);
  if (found === undefined) throw errno("EBADF", "descriptor");
  return found;
}

function flagsOf(flags: string | number): OpenFlags {
  if (typeof flags === "number") return { write: (flags & O_RDWR) !== 0 };
  return flags.startsWith("wx") ? { write: true, create: true, exclusive: true } : {};
}

function statsOf(inode: Inode): FileStatus {
  return {
    ino: BigInt(inode.number),
    dev: 1n,
    size: BigInt(inode.content.length),
    mtimeNs: BigInt(inode.modifiedUs) * 1000n,
    mtimeMs: BigInt(Math.floor(inode.modifiedUs / 1000)),
    mtime: new Date(Math.floor(inode.modifiedUs / 1000)),
    isSymbolicLink: () => false,
    isFile: () => !inode.isFolder,
  } as unknown as FileStatus;
}

/** `/proc/<pid>/stat`: nobody here is a zombie. */
function processState(path: string, process: SimulatedProcess): string {
  const pid = Number(path.split("/")[2]);
  if (!process.canSee(pid)) throw Object.assign(new Error("ESRCH"), { code: "ESRCH" });
  return `${pid} (msal) S 1`;
}

function watch(process: SimulatedProcess, name: string, listener: () => void) {
  const inode = process.machine.files.stat(name);
  let isQueued = false;
  const close = process.machine.watch(process, inode, () => {
    if (isQueued) return;
    isQueued = true;
    process.timer(0.05, listener);
  });
  return { close, on() {} };
}
