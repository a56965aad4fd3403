import type { FileSystem } from "../shared/files/file-system.ts";
import { builtIn } from "./built-in.ts";

/**
 * For Node's permission model. It refuses `fsync` and `futimes` to everybody, whatever is allowed (seen with 22.23 and
 * 24.21); what does the same by a path it allows where that path is allowed. Any descriptor syncs the file. Whoever
 * dates one has just made sure that it is still at its path, as on Windows, where no folder can be opened.
 */
export function filesByPath(fs: FileSystem): FileSystem {
  const paths = new Map<number, string>();
  const pathOf = (fd: number) => paths.get(fd) ?? "";
  return {
    ...fs,
    open: (path, flags, mode, done) =>
      fs.open(path, flags, mode, (error, fd) => {
        if (!error) paths.set(fd, path);
        done(error, fd);
      }),
    close(fd, done) {
      paths.delete(fd);
      fs.close(fd, done);
    },
    closeElsewhere(fd, done) {
      paths.delete(fd);
      fs.closeElsewhere(fd, done);
    },
    /** A lock file's second name is the one that stays. */
    link: (existing, path, done) =>
      fs.link(existing, path, (error) => {
        for (const [fd, name] of error ? [] : paths) if (name === existing) paths.set(fd, path);
        done(error);
      }),
    fsync: (fd, done) => void sync(pathOf(fd)).then(() => done(null), done),
    futimes: (fd, access, modified, done) => fs.utimes(pathOf(fd), access, modified, done),
  };
}

/** By a `FileHandle`, to which it is not refused. */
async function sync(path: string): Promise<void> {
  const handle = await builtIn("node:fs").promises.open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
