import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { nodeHost } from "../../hosts/node/capabilities.ts";
import { filesByPath } from "../../hosts/node/files-by-path.ts";
import { toPersistenceError } from "../../hosts/shared/errors/thrown.ts";
import { type FileSystem, Files } from "../../hosts/shared/files/file-system.ts";
import { temporaryCache } from "../processes/temporary.ts";

const refuse = () => {
  throw new Error("by its descriptor");
};

/** What Node's permission model leaves of a file system. */
const restricted: FileSystem = { ...nodeHost.runtime.fs, fsync: refuse, futimes: refuse };

describe("a file that cannot be changed by its descriptor", () => {
  it("is synced by another one", async () => {
    const { prototype } = await handleClass();
    const synced = vi.spyOn(prototype, "sync");
    const files = new Files(filesByPath(restricted));
    const path = await temporaryCache();
    const fd = await files.open(path, "wx");
    await files.fsync(fd);
    expect(synced).toHaveBeenCalledOnce();
    synced.mockRestore();
    fs.unlinkSync(path);
    await expect(files.fsync(fd)).rejects.toMatchObject({ code: "ENOENT" });
    await files.close(fd);
  });

  it.runIf(process.platform === "linux")(
    "is on the disk when it is written, where no other one may sync it",
    async () => {
      const { prototype } = await handleClass();
      const files = new Files(filesByPath(restricted));
      const path = await temporaryCache();
      const fd = await files.open(path, "wx", 0o600);
      const [, flags] = /flags:\s*(\d+)/.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))!;
      expect(Number.parseInt(flags!, 8) & fs.constants.O_DSYNC).toBe(fs.constants.O_DSYNC);
      await files.write(fd, Buffer.from("content"));
      const synced = vi
        .spyOn(prototype, "sync")
        .mockRejectedValue(Object.assign(new Error(), { code: "ERR_ACCESS_DENIED" }));
      await files.fsync(fd);
      await files.close(fd);
      const folder = await files.open(dirname(path), "r");
      await expect(files.fsync(folder)).rejects.toThrow(); // which nobody writes to
      await files.close(folder);
      synced.mockRestore();
      expect(fs.readFileSync(path, "utf8")).toBe("content");
      await expect(files.open(path, "wx")).rejects.toMatchObject({ code: "EEXIST" });
    },
  );

  it("is dated at the path that a link has given it", async () => {
    const files = new Files(filesByPath(restricted));
    const path = await temporaryCache();
    const temporary = join(dirname(path), "temporary");
    const fd = await files.open(temporary, "wx");
    await files.link(temporary, path);
    await files.unlink(temporary);
    await files.futimes(fd, 1_000_000);
    expect((await files.fstat(fd)).mtimeMs).toBe(1_000_000_000n);
    await files.close(fd);
  });
});

it("what Node refuses to everybody is a typed error that says so", () => {
  const refused = new Error("fsync API is disabled when Permission Model is enabled.");
  const { code, message } = toPersistenceError(Object.assign(refused, { code: "ERR_ACCESS_DENIED" }));
  expect(code).toBe("permission_denied");
  expect(message).toMatch(/Run it again without --permission\.$/);
});

async function handleClass(): Promise<{ prototype: fs.promises.FileHandle }> {
  const handle = await fs.promises.open(process.execPath);
  await handle.close();
  return handle.constructor as unknown as { prototype: fs.promises.FileHandle };
}
