import { readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nodeHost } from "../../hosts/node/capabilities.ts";
import type { Capabilities } from "../../hosts/shared/core/capabilities.ts";
import { CoreSession } from "../../hosts/shared/core/core-session.ts";
import type { SecretItem } from "../../hosts/shared/encryption/secret-stores/secret-item.ts";
import { createSecretStore } from "../../hosts/shared/encryption/secret-stores/secret-store.ts";
import { createSignalFile, type SignalFile } from "../../hosts/shared/encryption/secret-stores/signal-file.ts";
import type { FileStatus, FileSystem } from "../../hosts/shared/files/file-system.ts";
import { SIGNAL } from "../../hosts/shared/persistence/nothing-saved.ts";
import { failing, temporaryFolder } from "../node/fixtures.ts";
import { createFileStore, createLock, realFileSystem } from "../node/replaced-runtime.ts";
import { coreModule, document, text, utf8 } from "../session/world.ts";

const TICK_NS = 4_000_000n;

const freshPath = () => join(temporaryFolder(), "cache");

function signalAt(location: string, fs: FileSystem = realFileSystem, clock = nodeHost.runtime.clock): SignalFile {
  return createSignalFile(createFileStore(location, { sync: false, fs }), { ...nodeHost.runtime, fs, clock });
}

async function startedSignal(fs?: FileSystem): Promise<{ location: string; signal: SignalFile }> {
  const location = freshPath();
  writeFileSync(location, SIGNAL);
  return { location, signal: signalAt(location, fs) };
}

/** The real file system, as one shows it whose times are such. */
function showing(timeOf: (ns: bigint) => bigint): FileSystem {
  type Callback = (error: Error | null, status: FileStatus) => void;
  const shown = (status: FileStatus): FileStatus => Object.assign(status, { mtimeNs: timeOf(status.mtimeNs) });
  const show =
    (call: "fstat" | "stat") =>
    (file: string & number, options: { bigint: true }, callback: Callback): void =>
      realFileSystem[call](file, options, (error, status) => callback(error, error ? status : shown(status)));
  return { ...realFileSystem, fstat: show("fstat"), stat: show("stat") };
}

/** Kernels before 6.13 date what is written with the tick it is written in. What `futimes` sets they keep. */
function ticking(): FileSystem {
  const set = new Set<bigint>();
  return {
    ...showing((ns) => (set.has(ns) ? ns : ns - (ns % TICK_NS) + 123_457n)),
    futimes(fd, access, modified, callback) {
      realFileSystem.futimes(fd, access, modified, (error) => {
        realFileSystem.fstat(fd, { bigint: true }, (_error, { mtimeNs }) => {
          set.add(mtimeNs);
          callback(error);
        });
      });
    },
  };
}

describe("a signal", () => {
  it("is the file it was, with another time", async () => {
    const { location, signal } = await startedSignal();
    const before = statSync(location, { bigint: true });
    const version = await signal.replace(SIGNAL);
    expect(version).toMatchObject({ inode: before.ino, size: 2n, isUnique: true });
    expect(version.mtimeNs).toBeGreaterThan(before.mtimeNs);
    expect(await signal.stat()).toMatchObject({ mtimeNs: version.mtimeNs, size: 2n, inode: before.ino });
    expect(readFileSync(location, "utf8")).toBe("{}");
  });

  it("is made where there is none, and in place of what is none", async () => {
    const location = freshPath();
    const signal = signalAt(location);
    await signal.replace(SIGNAL);
    writeFileSync(location, JSON.stringify(document({})));
    await signal.replace(SIGNAL);
    expect(readFileSync(location, "utf8")).toBe("{}");
    const { inode } = await signal.replace(SIGNAL);
    expect(statSync(location, { bigint: true }).ino).toBe(inode);
  });

  it("is found behind a link", async () => {
    const { location } = await startedSignal();
    const link = freshPath();
    symlinkSync(location, link);
    expect(await signalAt(link).replace(SIGNAL)).toMatchObject({ inode: statSync(location, { bigint: true }).ino });
  });

  it("that cannot be opened is replaced, and what cannot be replaced says why", async () => {
    const { location } = await startedSignal();
    const once = signalAt(location, failing("open", "EACCES", 1));
    const { ino } = statSync(location, { bigint: true });
    expect((await once.replace(SIGNAL)).inode).not.toBe(ino);
    const always = signalAt(location, failing("open", "EACCES", 0));
    await expect(always.replace(SIGNAL)).rejects.toMatchObject({ code: "EACCES" });
  });

  it("is later each time, whoever of us writes it and however soon", async () => {
    const fs = ticking();
    const { location, signal } = await startedSignal(fs);
    const another = signalAt(location, fs);
    let latest = 0n;
    for (let n = 0; n < 200; n += 1) {
      const { mtimeNs, isUnique } = await [signal, another][n % 2]!.replace(SIGNAL);
      expect(isUnique).toBe(true);
      expect(mtimeNs).toBeGreaterThan(latest);
      latest = mtimeNs;
    }
  });

  it("has a version that no other write within the same tick leaves", async () => {
    const fs = ticking();
    let now = 0;
    // Writing the item takes longer.
    const clock = { ...nodeHost.runtime.clock, now: () => (now = Math.max(now + 1, Date.now())) };
    const location = freshPath();
    writeFileSync(location, SIGNAL);
    const [signal, another] = [signalAt(location, fs, clock), signalAt(location, fs, clock)];
    const seen = new Set<bigint>();
    for (let n = 0; n < 100; n += 1) {
      for (const writer of [signal, another]) {
        const version = await writer.replace(SIGNAL);
        expect(version.isUnique).toBe(true);
        expect(await writer.stat()).toMatchObject({ mtimeNs: version.mtimeNs });
        expect(seen).not.toContain(version.mtimeNs);
        seen.add(version.mtimeNs);
        if (n % 2) continue;
        writeFileSync(location, SIGNAL); // as the Node peer does
        expect(seen).not.toContain((await writer.stat())?.mtimeNs);
      }
    }
  });

  it("after the clock was set back has a time of now", async () => {
    const { location, signal } = await startedSignal();
    const tomorrow = Date.now() / 1000 + 86_400;
    utimesSync(location, tomorrow, tomorrow);
    const { mtimeNs, isUnique } = await signal.replace(SIGNAL);
    expect(isUnique).toBe(true);
    expect(mtimeNs).toBeLessThan(BigInt(Date.now() + 60_000) * 1_000_000n);
  });

  it.each([
    ["whole milliseconds", 1_000_000n],
    ["10 ms", 10_000_000n],
    ["two seconds", 2_000_000_000n],
  ])("is not trusted where times are %s", async (_name, granularity) => {
    const { signal } = await startedSignal(showing((ns) => ns - (ns % granularity)));
    for (let n = 0; n < 20; n += 1) expect((await signal.replace(SIGNAL)).isUnique).toBe(false);
  });

  it("is not trusted where it cannot be dated", async () => {
    const { signal } = await startedSignal(failing("futimes", "EPERM", 0));
    expect((await signal.replace(SIGNAL)).isUnique).toBe(false);
  });
});

describe("commits one after the other", () => {
  /** An item in memory, with every reading counted. */
  function itemOf(content: { text: string | undefined; readings: number }): SecretItem {
    return {
      async read() {
        content.readings += 1;
        return content.text;
      },
      async write(written) {
        content.text = written;
      },
      remove: async () => false,
      beside: () => itemOf(content),
    };
  }

  async function started() {
    const { location, signal } = await startedSignal();
    const content = { text: document({ a: { v: 1 } }) as string | undefined, readings: 0 };
    const store = createSecretStore(itemOf(content), signal, { clock: nodeHost.runtime.clock, log() {} });
    const { clock } = nodeHost.runtime;
    const capabilities: Capabilities = {
      store,
      cipher: undefined,
      lock: createLock(`${location}.lockfile`),
      clock,
      log() {},
    };
    return { location, content, session: new CoreSession(coreModule, capabilities) };
  }

  it("read the item once, and again after another has changed it, within the same tick too", async () => {
    const { location, content, session } = await started();
    let known: string | undefined;
    const commit = async (entities: Record<string, unknown>) => {
      const base = known === undefined ? undefined : utf8(known);
      const { content: stored } = await session.commit(base, utf8(document(entities)), known !== undefined);
      known = text(stored);
    };
    await commit({ a: { v: 1 }, b: { v: 1 } });
    for (const v of [2, 3, 4]) await commit({ a: { v: 1 }, b: { v } });
    expect(content.readings).toBe(1);
    content.text = document({ a: { v: 1 }, b: { v: 4 }, peer: { v: 1 } });
    writeFileSync(location, SIGNAL);
    await commit({ a: { v: 1 }, b: { v: 5 } });
    expect(content.readings).toBe(2);
    expect(content.text).toBe(document({ a: { v: 1 }, b: { v: 5 }, peer: { v: 1 } }));
  });
});
