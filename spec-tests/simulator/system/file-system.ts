import type { Random } from "../schedule/random.ts";
import { Disk } from "./disk.ts";
import { errno } from "./errno.ts";
import { dropLocksOnClose } from "./file-locks.ts";
import { EMPTY, Inode } from "./inode.ts";
import { OpenFile } from "./open-file.ts";

export interface OpenFlags {
  /** Not only for reading. */
  readonly write?: boolean;
  readonly create?: boolean;
  readonly exclusive?: boolean;
  readonly truncate?: boolean;
}

/** What changed, and under which name; a descriptor's file may have none any more. */
export type Change = "created" | "removed" | "replaced" | "written" | "dated";
export type ChangeListener = (change: Change, name: string | undefined, inode: Inode, by: object) => void;

/**
 * One folder of a POSIX file system with everything in it, folders and their files included, which are named
 * `folder/file`. Every method is one system call, atomic, and throws what the call would fail with.
 */
export class SimulatedFileSystem {
  readonly #now: () => number;
  readonly #granularityUs: number;
  readonly #disk = new Disk();
  readonly #root: Inode;
  #names = new Map<string, Inode>();
  #inodes = 100;
  #descriptors = 10;
  readonly #open = new Map<object, Map<number, OpenFile>>();
  readonly #kernelOf: (by: object) => unknown;
  /** Nobody finds it just now. */
  #hidden: { readonly name: string } | undefined;
  onChange: ChangeListener = () => {};

  /**
   * @param now the file system's own clock, in milliseconds
   * @param kernelOf of the machine that somebody's process is on
   */
  constructor(now: () => number, granularityMs: number, kernelOf: (by: object) => unknown = () => undefined) {
    this.#now = now;
    this.#kernelOf = kernelOf;
    this.#granularityUs = Math.max(1, granularityMs * 1000);
    this.#root = new Inode(2, true, this.#stamp());
  }

  open(by: object, name: string, flags: OpenFlags = {}): OpenFile {
    let inode = name === "" ? this.#root : this.#found(name, "open");
    if (inode === undefined) {
      if (!flags.create) throw errno("ENOENT", "open", name);
      inode = this.#create(name, false, by);
    } else if (flags.create && flags.exclusive) throw errno("EEXIST", "open", name);
    else if (inode.isFolder && (flags.create || flags.write)) throw errno("EISDIR", "open", name);
    else if (flags.truncate) this.#setContent(inode, EMPTY, by);
    const file = new OpenFile(this.#descriptors++, inode, by, this.#kernelOf(by));
    let opened = this.#open.get(by);
    if (opened === undefined) {
      opened = new Map();
      this.#open.set(by, opened);
    }
    opened.set(file.descriptor, file);
    return file;
  }

  close(file: OpenFile): void {
    this.#opened(file, "close");
    this.#open.get(file.owner)!.delete(file.descriptor);
    dropLocksOnClose(file);
  }

  read(file: OpenFile, position: number, length: number): Uint8Array {
    const { inode } = this.#opened(file, "read");
    if (inode.isFolder) throw errno("EISDIR", "read");
    return inode.content.slice(position, position + length);
  }

  write(file: OpenFile, bytes: Uint8Array, position: number): number {
    const { inode } = this.#opened(file, "write");
    const content = new Uint8Array(Math.max(inode.content.length, position + bytes.length));
    content.set(inode.content);
    content.set(bytes, position);
    this.#setContent(inode, content, file.owner);
    return bytes.length;
  }

  truncate(file: OpenFile, length: number): void {
    const { inode } = this.#opened(file, "ftruncate");
    const content = new Uint8Array(length);
    content.set(inode.content.subarray(0, length));
    this.#setContent(inode, content, file.owner);
  }

  sync(file: OpenFile): void {
    const { inode } = this.#opened(file, "fsync");
    if (inode.isFolder) this.#disk.syncFolder();
    else this.#disk.syncFile(inode);
  }

  stat(name: string): Inode {
    if (name === "") return this.#root;
    const inode = this.#found(name, "stat");
    if (inode === undefined) throw errno("ENOENT", "stat", name);
    return inode;
  }

  /** As `stat`, without failing, for onlookers. */
  find(name: string): Inode | undefined {
    return this.#names.get(name);
  }

  /** For onlookers: a power cut would leave the file under this name, and its content. */
  isSynced(name: string): boolean {
    const inode = this.#names.get(name);
    return inode !== undefined && !inode.isDirty && this.#disk.isCertain(name, inode);
  }

  /** Whoever looks for this name finds nothing. @returns what ends that */
  hide(name: string): () => void {
    const hidden = { name };
    this.#hidden = hidden;
    return () => {
      if (this.#hidden === hidden) this.#hidden = undefined;
    };
  }

  setTimes(by: object, inode: Inode, modifiedMs: number): void {
    inode.modifiedUs = this.#coarsen(Math.round(modifiedMs * 1000));
    this.onChange("dated", this.nameOf(inode), inode, by);
  }

  rename(by: object, from: string, to: string): void {
    for (const name of [from, to]) this.#reachFolder(name, "rename");
    const inode = this.stat(from);
    const replaced = this.#names.get(to);
    if (replaced === inode) return; // two names of one file: nothing happens
    if (inode.isFolder && to.startsWith(`${from}/`)) throw errno("EINVAL", "rename", to);
    if (from.startsWith(`${to}/`)) throw errno("ENOTEMPTY", "rename", to);
    if (replaced !== undefined) {
      if (replaced.isFolder !== inode.isFolder) throw errno(inode.isFolder ? "ENOTDIR" : "EISDIR", "rename", to);
      if (inode.isFolder && this.list(to).length > 0) throw errno("ENOTEMPTY", "rename", to);
      replaced.links--;
    }
    const moved = [...this.#names].filter(([name]) => name === from || name.startsWith(`${from}/`));
    const changes = moved.flatMap(([name, file]) => [
      [name, undefined] as const,
      [to + name.slice(from.length), file] as const,
    ]);
    for (const [name, file] of changes) {
      if (file === undefined) this.#names.delete(name);
      else this.#names.set(name, file);
    }
    this.#disk.recordChange(...changes);
    this.onChange("removed", from, inode, by);
    if (replaced !== undefined) this.onChange("replaced", to, replaced, by);
    this.onChange("created", to, inode, by);
  }

  link(by: object, existing: string, name: string): void {
    const inode = this.stat(existing);
    if (this.#found(name, "link") !== undefined) throw errno("EEXIST", "link", name);
    if (inode.isFolder) throw errno("EPERM", "link", existing);
    this.#name(name, inode, by);
  }

  unlink(by: object, name: string): void {
    if (this.stat(name).isFolder) throw errno("EISDIR", "unlink", name);
    this.#unname(name, by);
  }

  makeFolder(by: object, name: string): void {
    if (name === "" || this.#found(name, "mkdir") !== undefined) throw errno("EEXIST", "mkdir", name);
    this.#create(name, true, by);
  }

  removeFolder(by: object, name: string): void {
    if (!this.stat(name).isFolder) throw errno("ENOTDIR", "rmdir", name);
    if (this.list(name).length > 0) throw errno("ENOTEMPTY", "rmdir", name);
    this.#unname(name, by);
  }

  /** What is in a folder, empty for the one that has everything in it. */
  list(folder = ""): string[] {
    if (folder !== "" && !this.stat(folder).isFolder) throw errno("ENOTDIR", "scandir", folder);
    const prefix = folder === "" ? "" : `${folder}/`;
    const names = [...this.#names.keys()].filter((name) => name.startsWith(prefix));
    return names.map((name) => name.slice(prefix.length)).filter((name) => !name.includes("/"));
  }

  nameOf(inode: Inode): string | undefined {
    if (inode.links === 0) return undefined;
    for (const [name, found] of this.#names) if (found === inode) return name;
    return undefined;
  }

  /** What a process has open: the kernel closes it when the process ends. */
  openedBy(owner: object): OpenFile[] {
    return [...(this.#open.get(owner)?.values() ?? [])];
  }

  openedAs(owner: object, descriptor: number): OpenFile | undefined {
    return this.#open.get(owner)?.get(descriptor);
  }

  countOpenedBy(owner: object): number {
    return this.#open.get(owner)?.size ?? 0;
  }

  /** Nothing is open any more, and of what was not synced some is gone. */
  cutPower(random: Random): void {
    for (const opened of this.#open.values()) for (const file of opened.values()) dropLocksOnClose(file);
    this.#open.clear();
    this.#hidden = undefined;
    for (const inode of this.#names.values()) inode.links = 0;
    this.#names = this.#disk.cutPower(random);
    for (const name of this.#names.keys()) if (!this.#names.has(folderOf(name) || name)) this.#names.delete(name);
    for (const inode of this.#names.values()) inode.links = 0; // one whose name was given away may have it back
    for (const inode of this.#names.values()) inode.links++;
  }

  #opened(file: OpenFile, syscall: string): OpenFile {
    if (this.openedAs(file.owner, file.descriptor) !== file) throw errno("EBADF", syscall);
    return file;
  }

  #found(name: string, syscall: string): Inode | undefined {
    this.#reachFolder(name, syscall);
    return name === this.#hidden?.name ? undefined : this.#names.get(name);
  }

  #reachFolder(name: string, syscall: string): void {
    const folder = folderOf(name);
    if (folder === "") return;
    const inode = this.#names.get(folder);
    if (inode === undefined) throw errno("ENOENT", syscall, name);
    if (!inode.isFolder) throw errno("ENOTDIR", syscall, name);
  }

  #create(name: string, isFolder: boolean, by: object): Inode {
    const inode = new Inode(this.#inodes++, isFolder, this.#stamp());
    this.#name(name, inode, by);
    return inode;
  }

  #name(name: string, inode: Inode, by: object): void {
    inode.links++;
    this.#names.set(name, inode);
    this.#disk.recordChange([name, inode]);
    this.onChange("created", name, inode, by);
  }

  #unname(name: string, by: object): void {
    const inode = this.stat(name);
    inode.links--;
    this.#names.delete(name);
    this.#disk.recordChange([name, undefined]);
    this.onChange("removed", name, inode, by);
  }

  #setContent(inode: Inode, content: Uint8Array, by: object): void {
    inode.content = content;
    inode.isDirty = true;
    inode.modifiedUs = this.#stamp();
    this.onChange("written", this.nameOf(inode), inode, by);
  }

  #stamp(): number {
    return this.#coarsen(this.#now() * 1000);
  }

  #coarsen(microseconds: number): number {
    return Math.floor(microseconds / this.#granularityUs) * this.#granularityUs;
  }
}

function folderOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf("/")));
}
