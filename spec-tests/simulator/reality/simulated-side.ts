import { tryDescriptionLock, tryFlock, tryProcessLock, unflock, unlockProcess } from "../system/file-locks.ts";
import { type OpenFlags, SimulatedFileSystem } from "../system/file-system.ts";
import type { Inode } from "../system/inode.ts";
import type { OpenFile } from "../system/open-file.ts";
import { EARLIEST_CLOCK_MS, type FileCall, type OpenMode, type Outcome, type Owner } from "./operations.ts";

const FLAGS: Readonly<Record<OpenMode, OpenFlags>> = {
  read: {},
  update: { write: true },
  exclusive: { write: true, create: true, exclusive: true },
  truncate: { write: true, create: true, truncate: true },
  create: { write: true, create: true },
};

/** Performs calls on the simulator's file system. */
export class SimulatedSide {
  #now = 2 * EARLIEST_CLOCK_MS;
  readonly #files = new SimulatedFileSystem(() => ++this.#now, 0);
  readonly #handles = new Map<number, OpenFile>();
  readonly #owners: Record<Owner, object> = { a: {}, b: {} };

  perform(owner: Owner, call: FileCall): Outcome {
    try {
      return { value: this.#perform(this.#owners[owner], call) ?? null };
    } catch (error) {
      return { error: (error as { code: string }).code };
    }
  }

  /** The kernel closes what a killed process has open. */
  kill(owner: Owner): void {
    for (const file of this.#files.openedBy(this.#owners[owner])) this.#files.close(file);
  }

  #perform(by: object, call: FileCall): unknown {
    const files = this.#files;
    const file = "handle" in call ? this.#handles.get(call.handle)! : (undefined as never);
    switch (call.call) {
      case "open":
        this.#handles.set(call.handle, files.open(by, call.name, FLAGS[call.how]));
        return undefined;
      case "close":
        return files.close(file);
      case "fstat":
        return shown(file.inode);
      case "stat":
        return shown(files.stat(call.name));
      case "isAtPath":
        return files.stat(call.name) === file.inode;
      case "list":
        return files.list().sort();
      case "read":
        return new TextDecoder().decode(files.read(file, call.position, call.length));
      case "write":
        return files.write(file, new TextEncoder().encode(call.text), call.position);
      case "truncate":
        return files.truncate(file, call.length);
      case "setTimes":
        return files.setTimes(by, file.inode, call.modifiedMs);
      case "unlink":
        return files.unlink(by, call.name);
      case "makeFolder":
        return files.makeFolder(by, call.name);
      case "removeFolder":
        return files.removeFolder(by, call.name);
      case "rename":
        return files.rename(by, call.name, call.to);
      case "link":
        return files.link(by, call.name, call.to);
      case "flock":
        return tryFlock(file);
      case "unflock":
        return unflock(file);
      case "descriptionLock":
        return tryDescriptionLock(file);
      case "processLock":
        return tryProcessLock(file);
      case "processUnlock":
        return unlockProcess(file);
    }
  }
}

function shown({ isFolder, content, links, modifiedUs }: Inode) {
  const modifiedMs = modifiedUs / 1000;
  if (isFolder) return { isFolder };
  return { isFolder, size: content.length, links, setTo: modifiedMs < EARLIEST_CLOCK_MS ? modifiedMs : null };
}
