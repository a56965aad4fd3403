import { strictEqual } from "node:assert";
import { open, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as msal from "@azure/msal-node";
import { denoHost } from "../../hosts/deno/capabilities.ts";
import * as library from "../../hosts/deno/index.ts";
import { flockOnly } from "../../hosts/deno/kernel-locks.ts";
import { coreModule } from "../../hosts/deno/wasm-module.ts";
import { suite } from "../suite/suite.ts";
import { withFolder } from "../suite/temporary.ts";

suite({ library, msal, module: await coreModule() }, (name, test) => Deno.test(name, test));

Deno.test("a lease has the time that it was given, to the millisecond", () =>
  withFolder(async (folder) => {
    const { futimes } = denoHost.runtime.fs;
    const handle = await open(folder, "r");
    try {
      for (let ms = 0; ms < 100; ms++) {
        const time = new Date(1_700_000_000_000 + ms);
        await new Promise<void>((resolve, reject) => {
          futimes(handle.fd, time, time, (error) => (error ? reject(error) : resolve()));
        });
        strictEqual((await stat(folder)).mtime.getTime(), time.getTime());
      }
    } finally {
      await handle.close();
    }
  }));

Deno.test("a lock file that was removed after it was opened is not locked, and no error", () =>
  withFolder(async (folder) => {
    const path = join(folder, "cache.lockfile");
    await writeFile(path, "");
    const handle = await open(path, "r+");
    try {
      const locks = flockOnly();
      strictEqual(locks.lock(handle.fd, path), true);
      locks.letGo(handle.fd);
      await rm(path);
      strictEqual(locks.lock(handle.fd, path), false);
      await writeFile(path, "another");
      strictEqual(locks.lock(handle.fd, path), false);
    } finally {
      await handle.close();
    }
  }));
