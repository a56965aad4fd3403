import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { TokenCacheStore } from "../../hosts/node/index.ts";
import { acquire, tryAcquire } from "./acquire.ts";
import { Child } from "./children.ts";
import { names, temporaryFolder } from "./fixtures.ts";
import { createLock } from "./replaced-runtime.ts";

const pathIn = (folder: string) => join(folder, "cache.lockfile");

describe.each([
  ["K", "K"],
  ["P", "P"],
  ["K", "P"],
  ["P", "K"],
] as const)("a process with a lock of kind %s, and one of kind %s", (ours, theirs) => {
  it("exclude each other", async () => {
    const path = pathIn(temporaryFolder());
    const [a, b] = [new Child(path, ours), new Child(path, theirs)];
    expect([await a.ask("kind"), await b.ask("kind")]).toEqual([ours, theirs]);
    expect(await a.ask("acquire")).toBe("created");
    expect(await b.ask("try")).toBe("held");
    expect(await a.ask("check")).toBe(true);
    const waiting = b.ask("acquire");
    expect(await a.ask("release")).toBe(true);
    expect(await waiting).toBe("created");
    expect(await a.ask("try")).toBe("held");
    expect(await b.ask("release")).toBe(true);
  });

  it("lose no step of a counter", async () => {
    const folder = temporaryFolder();
    const path = pathIn(folder);
    const counter = join(folder, "counter");
    writeFileSync(counter, "0");
    const children = [new Child(path, ours), new Child(path, theirs), new Child(path, ours), new Child(path, theirs)];
    await Promise.all(children.map((child) => child.ask("count", counter, 25)));
    expect(readFileSync(counter, "utf8")).toBe("100");
    expect(names(folder)).toEqual(["counter"]);
  }, 60_000);
});

describe("a thread of this process", () => {
  const library = import.meta.resolve("msal-extensions");
  const start = (cache: string, work: string) =>
    new Worker(
      `const { parentPort, workerData } = require("node:worker_threads");
      import(workerData.library).then(async ({ TokenCacheStore }) => {
        const store = await TokenCacheStore.open(workerData.cache);
        ${work}
        await store.close();
      });`,
      { eval: true, workerData: { library, cache } },
    );

  it("that was terminated while it held the lock is succeeded at once", async () => {
    const cache = join(temporaryFolder(), "cache.json");
    const worker = start(cache, `await store.update(() => (parentPort.postMessage("inside"), new Promise(() => {})));`);
    await once(worker, "message");
    await worker.terminate();
    const store = await TokenCacheStore.open(cache);
    expect(await store.commit(undefined, "{}")).toMatchObject({ takeOvers: 1 });
    await store.close();
  });

  it("that lives keeps the others out", async () => {
    const cache = join(temporaryFolder(), "cache.json");
    const count = `for (let n = 0; n < 25; n++) await store.update((content) =>
      JSON.stringify({ count: 1 + (content ? JSON.parse(new TextDecoder().decode(content)).count : 0) }));`;
    await Promise.all([1, 2, 3, 4].map(() => once(start(cache, count), "exit")));
    expect(JSON.parse(readFileSync(cache, "utf8"))).toEqual({ count: 100 });
  }, 60_000);
});

describe("a killed holder", () => {
  it("of kind K is succeeded at once", async () => {
    const path = pathIn(temporaryFolder());
    const holder = new Child(path, "K");
    await holder.ask("acquire");
    await holder.kill();
    const lock = createLock(path);
    expect(await tryAcquire(lock)).toBe("taken");
    await lock.release();
  });

  it("of kind P is succeeded once its lease is no longer fresh", async () => {
    for (const kind of ["K", "P"] as const) {
      const path = pathIn(temporaryFolder());
      const holder = new Child(path, "P");
      await holder.ask("acquire");
      await holder.kill();
      const lock = createLock(path, { kernelLocks: kind === "K" });
      expect(await tryAcquire(lock)).toBeUndefined();
      utimesSync(`${path}.lock`, 1, 1); // as if those seconds had passed
      expect(await tryAcquire(lock)).toBe("taken");
      expect(await lock.check()).toBe(true);
      await lock.release();
    }
  });

  it("leaves the lock free at whatever point it was killed (K, 20 times)", async () => {
    const folder = temporaryFolder();
    const path = pathIn(folder);
    const lock = createLock(path);
    let worst = 0;
    for (let round = 0; round < 20; round++) {
      const holder = new Child(path, "K");
      await holder.ask("kind");
      holder.tell("spin");
      // Somewhere in its work: after so many changes to the lock file as seen from here.
      for (let changes = 1 + Math.floor(Math.random() * 20); changes > 0; changes--) {
        await lock.wait(1);
      }
      await holder.kill();
      const from = performance.now();
      await acquire(lock);
      worst = Math.max(worst, performance.now() - from);
      expect(await lock.check()).toBe(true);
      await lock.release();
      // Killed before it gave its new file the name: the temporary one stays until a store next to it tidies up.
      expect(names(folder).filter((name) => !name.endsWith(".tmp"))).toEqual([]);
    }
    expect(worst).toBeLessThan(1000);
  }, 90_000);
});

describe("a holder of kind P that ends without releasing", () => {
  const endHolding = async (path: string, meanwhile: (lease: string) => void) => {
    const holder = new Child(path, "P");
    await holder.ask("acquire");
    meanwhile(`${path}.lock`);
    holder.process.stdin.end();
    await once(holder.process, "exit");
  };

  it("leaves no lease, so that it is succeeded at once", async () => {
    const path = pathIn(temporaryFolder());
    await endHolding(path, () => {});
    const lock = createLock(path, { kernelLocks: false });
    expect(await tryAcquire(lock)).toBe("taken");
    await lock.release();
  });

  // It was busy for so long (a child process that it waited for, say) that it has lost the lease and cannot know yet.
  it("leaves the lease of whoever has taken it over meanwhile", async () => {
    const path = pathIn(temporaryFolder());
    await endHolding(path, (lease) => {
      renameSync(lease, `${lease}.before`);
      mkdirSync(lease);
    });
    expect(existsSync(`${path}.lock`)).toBe(true);
  });
});

describe("a process that has ended but was not waited for", () => {
  it.runIf(process.platform === "linux")("is gone", async () => {
    // The shell starts a child that ends when told to, says its number, and becomes a program that never waits for it.
    const shell = spawn("sh", ["-c", "(read -r line <&3) & echo $!; exec sleep 60 3<&-"], {
      stdio: ["ignore", "pipe", "ignore", "pipe"],
    });
    try {
      const [output] = await once(shell.stdout!, "data");
      const pid = Number(String(output));
      await expect.poll(() => readFileSync(`/proc/${shell.pid}/comm`, "utf8")).toBe("sleep\n");
      (shell.stdio[3] as Writable).end("\n");
      const lock = createLock("unused");
      await expect.poll(() => readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[2]).toBe("Z");
      expect(() => process.kill(pid, 0)).not.toThrow();
      expect(await lock.processAlive(pid)).toBe(false);
    } finally {
      shell.kill("SIGKILL");
    }
  });
});

const python = spawnSync("python3", ["-c", "import fcntl"]).status === 0;
if (!python && process.platform !== "win32") {
  console.warn("SKIPPED: python3 is not there to try the kernel locks from another process");
}

/** What another process, through another runtime's calls, is told when it tries to lock the file. */
function tryFromPython(path: string): string {
  const program = `
import fcntl, sys
for name, lock in (("flock", fcntl.flock), ("lockf", fcntl.lockf)):
    with open(sys.argv[1], "r+b") as file:
        try:
            lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            print(name, "free")
        except BlockingIOError:
            print(name, "refused")
`;
  return spawnSync("python3", ["-c", program, path], { encoding: "utf8" }).stdout;
}

describe.runIf(python)("the kernel locks, seen by another runtime", () => {
  it("are both there while K holds the lock, created or taken over, and gone when it is killed", async () => {
    const path = pathIn(temporaryFolder());
    const creator = new Child(path, "K");
    expect(await creator.ask("acquire")).toBe("created");
    expect(tryFromPython(path)).toBe("flock refused\nlockf refused\n");
    await creator.kill();
    expect(tryFromPython(path)).toBe("flock free\nlockf free\n");
    const successor = new Child(path, "K");
    expect(await successor.ask("acquire")).toBe("taken");
    expect(tryFromPython(path)).toBe("flock refused\nlockf refused\n");
  });

  it("survive that the holder's process reads the lock file", async () => {
    const path = pathIn(temporaryFolder());
    const lock = createLock(path);
    await lock.create();
    await lock.inspect(); // closing any descriptor would drop a plain POSIX record lock
    expect(tryFromPython(path)).toBe("flock refused\nlockf refused\n");
    await lock.release();
  });

  it.each(["flock", "lockf"])("and K respects a holder with %s alone", async (name) => {
    const path = pathIn(temporaryFolder());
    writeFileSync(path, "2147483646 gone");
    const program = `import fcntl, sys; f = open(sys.argv[1], "r+b"); fcntl.${name}(f, fcntl.LOCK_EX); print("held", flush=True); sys.stdin.read()`;
    const holder = spawn("python3", ["-c", program, path]);
    try {
      await once(holder.stdout, "data");
      const lock = createLock(path);
      expect(await lock.takeOver((await lock.inspect())!)).toBe("busy");
      expect(readFileSync(path, "utf8")).toBe("2147483646 gone");
      holder.stdin.end();
      await once(holder, "exit");
      expect(await lock.takeOver((await lock.inspect())!)).toBe("taken");
      await lock.release();
    } finally {
      holder.kill("SIGKILL");
    }
  });
});
