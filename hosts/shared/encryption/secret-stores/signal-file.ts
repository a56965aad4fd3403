import type { Store, StoreVersion } from "../../core/capabilities.ts";
import { closing, Files } from "../../files/file-system.ts";
import { dateUniquely } from "../../files/unique-time.ts";
import { SIGNAL } from "../../persistence/nothing-saved.ts";
import { storeWith } from "../../persistence/store-with.ts";
import type { Runtime } from "../../runtime/runtime.ts";

/**
 * The file beside a secret store's item. Where it is a signal already, the same bytes are written into it: the rename
 * that replaces a file takes 0.6 ms on ext4, which gets the new one's bytes on their way to the disk first. Its version
 * can be trusted at once, so what this process wrote itself it need not read again, which takes 1 to 2 ms.
 */
export function createSignalFile(file: Store, { fs, clock }: Runtime): Store {
  const files = new Files(fs);

  async function touch(): Promise<StoreVersion | undefined> {
    const fd = await files.open(file.location, "r+").catch(() => undefined); // replacing it will say why
    if (fd === undefined) return undefined;
    return closing(files, fd, async () => {
      const before = await files.fstat(fd);
      if (before.size !== BigInt(SIGNAL.length)) return undefined;
      await files.write(fd, SIGNAL);
      return dateUniquely(files, fd, before, clock);
    });
  }

  return storeWith(file, { replace: async () => (await touch()) ?? file.replace(SIGNAL) });
}
