import { type FileSystem, hasCode } from "../shared/files/file-system.ts";
import { builtIn } from "./built-in.ts";

/** libuv's number for it on Windows (`FILE_FLAG_WRITE_THROUGH`), where Node has no name for it. */
const WINDOWS_O_DSYNC = 0x04000000;

interface OpenFile {
  path: string;
  readonly isWrittenThrough: boolean;
}

/**
 * For Node's permission model. It refuses `fsync` and `futimes` to everybody, whatever is allowed (seen with 22.23,
 * 24.21 and 26.12); what does the same by a path it allows where that path is allowed. Any descriptor syncs the file.
 * Whoever dates one has just made sure that it is still at its path, as on Windows, where no folder can be opened.
 *
 * Node 26 refuses to sync by a `FileHandle`, too, and so to sync a folder at all. A new file is written through to the
 * disk from the start there.
 */
export function filesByPath(fs: FileSystem): FileSystem {
  const files = new Map<number, OpenFile>();
  const pathOf = (fd: number) => files.get(fd)?.path ?? "";
  return {
    ...fs,
    open(path, flags, mode, done) {
      const isWrittenThrough = flags === "wx";
      fs.open(path, isWrittenThrough ? throughToDisk() : flags, mode, (error, fd) => {
        if (!error) files.set(fd, { path, isWrittenThrough });
        done(error, fd);
      });
    },
    close(fd, done) {
      files.delete(fd);
      fs.close(fd, done);
    },
    closeElsewhere(fd, done) {
      files.delete(fd);
      fs.closeElsewhere(fd, done);
    },
    /** A lock file's second name is the one that stays. */
    link: (existing, path, done) =>
      fs.link(existing, path, (error) => {
        for (const file of error ? [] : files.values()) if (file.path === existing) file.path = path;
        done(error);
      }),
    fsync(fd, done) {
      const isOnDisk = files.get(fd)?.isWrittenThrough;
      sync(pathOf(fd)).then(
        () => done(null),
        (error) => done(isOnDisk && hasCode(error, "ERR_ACCESS_DENIED") ? null : error),
      );
    },
    futimes: (fd, access, modified, done) => fs.utimes(pathOf(fd), access, modified, done),
    /** What waits for the disk is not made at once (prompt-file-system.ts). */
    write: (fd, ...rest) => (files.get(fd)?.isWrittenThrough ? builtIn("node:fs") : fs).write(fd, ...rest),
  };
}

/** "wx", and no write is over before the disk has it. */
function throughToDisk(): number {
  const { O_CREAT, O_DSYNC = WINDOWS_O_DSYNC, O_EXCL, O_WRONLY } = builtIn("node:fs").constants;
  return O_CREAT | O_DSYNC | O_EXCL | O_WRONLY;
}

/** By a `FileHandle`, to which Node 22 and 24 do not refuse it. */
async function sync(path: string): Promise<void> {
  const handle = await builtIn("node:fs").promises.open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
