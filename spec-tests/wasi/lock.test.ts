import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { TokenCacheStore } from "../../hosts/node/index.ts";
import { STATUS } from "../../hosts/shared/errors/status.ts";
import { host, installHost } from "../../hosts/shared/runtime/host.ts";
import { Child } from "../processes/child.ts";
import { temporaryCache } from "../processes/temporary.ts";
import { type Engine, OPEN, WasiCache } from "./wasi-cache.ts";

const token = (key: string) => JSON.stringify({ AccessToken: { [key]: { secret: key, cached_at: "100" } } });
const bytes = (text: string) => new TextEncoder().encode(text);
const keys = (cache: string) => Object.keys(JSON.parse(readFileSync(cache, "utf8")).AccessToken).sort();
const lockFileOf = (cache: string) => `${cache}.lockfile`;
const leaseOf = (cache: string) => `${cache}.lockfile.lock`;
const age = (path: string, ms: number) => utimesSync(path, (Date.now() - ms) / 1000, (Date.now() - ms) / 1000);
/** No process has this number: it is beyond what Linux gives. */
const NOBODY = 2 ** 22 + 1;

function processAlive(pid: number): number {
  try {
    process.kill(pid, 0);
    return STATUS.alive;
  } catch {
    return STATUS.dead;
  }
}

const asking = { flags: OPEN.processes, answers: { processAlive } };

describe("a lock that somebody holds", () => {
  it.each(["K", "P"] as const)(
    "a commit through WASI waits for a host of kind %s, and goes on when it was killed",
    async (kind) => {
      const cache = await temporaryCache();
      const holder = new Child<{ type: "holding" }>("spec-tests/processes/lock-holder.js", {
        lockFile: lockFileOf(cache),
        kind,
      });
      expect(await holder.hear("holding")).toBeDefined();
      const outcome = new WasiCache(cache, { ...asking, timeoutMs: 200 }).commit(undefined, token("a"));
      expect(outcome.status).toBe(STATUS.lock_timeout);
      expect(JSON.parse(outcome.detail)).toMatchObject({ pid: holder.pid });
      await holder.kill();
      // Kind K is free at once; the lease of kind P has to become stale first.
      const next = new WasiCache(cache, asking).commit(undefined, token("a"));
      expect(next).toMatchObject({ status: 0, takeOvers: 1 });
      expect(keys(cache)).toEqual(["a"]);
    },
  );

  it.each(["K", "P"] as const)("a host of kind %s waits for a commit through WASI", async (kind) => {
    const before = host();
    if (kind === "P") installHost({ ...before, runtime: { ...before.runtime, kernelLocks: () => undefined } });
    try {
      const cache = await temporaryCache();
      const store = await TokenCacheStore.open(cache, { lockTimeoutMs: 200 });
      const wasi = new WasiCache(cache, { answers: { edit: () => bytes(token("a")) } });
      expect(wasi.core.update()).toBe(1); // it has the lock, and waits for the edit
      expect(readFileSync(lockFileOf(cache), "utf8")).toBe(`${process.pid} node_wasi`);
      await expect(store.commit(undefined, bytes(token("b")))).rejects.toMatchObject({
        code: "lock_timeout",
        holder: { pid: process.pid, program: "node_wasi" },
      });
      wasi.core.reset();
      await store.commit(undefined, bytes(token("b")));
      expect(wasi.commit(undefined, token("a")).status).toBe(0);
      expect(keys(cache)).toEqual(["a", "b"]);
    } finally {
      installHost(before);
    }
  });
});

interface Found {
  readonly content: string;
  readonly ageMs?: number;
  readonly leaseAgeMs?: number;
}

function leave(cache: string, { content, ageMs = 0, leaseAgeMs }: Found): void {
  writeFileSync(lockFileOf(cache), content);
  age(lockFileOf(cache), ageMs);
  if (leaseAgeMs === undefined) return;
  mkdirSync(leaseOf(cache));
  age(leaseOf(cache), leaseAgeMs);
}

describe("a lock file that was left behind", () => {
  it.each<[string, Found]>([
    ["names a process that is gone", { content: `${NOBODY} gone` }],
    ["names one that is gone, with a stale lease", { content: `${NOBODY} gone`, leaseAgeMs: 9_000 }],
    ["names one that is gone, with a lease from the future", { content: `${NOBODY} gone`, leaseAgeMs: -60_000 }],
    ["names one that lives but is older than 30 s", { content: `${process.pid} node`, ageMs: 31_000 }],
    ["names nobody and is older than 30 s", { content: "0 msal-cache", ageMs: 31_000, leaseAgeMs: 31_000 }],
    ["is empty and older than 2 s", { content: "", ageMs: 5_000 }],
  ])("is taken over where it %s", async (_what, found) => {
    const cache = await temporaryCache();
    leave(cache, found);
    const outcome = new WasiCache(cache, { ...asking, timeoutMs: 0 }).commit(undefined, token("a"));
    expect(outcome).toMatchObject({ status: 0, takeOvers: 1 });
    expect([existsSync(lockFileOf(cache)), existsSync(leaseOf(cache))]).toEqual([false, false]);
  });

  it.each<[string, Found]>([
    ["names a process that lives", { content: `${process.pid} node` }],
    ["has a fresh lease", { content: `${NOBODY} gone`, ageMs: 60_000, leaseAgeMs: 1_000 }],
    ["names nobody", { content: "0 msal-cache" }],
    ["is empty and young", { content: "" }],
  ])("is left alone where it %s", async (_what, found) => {
    const cache = await temporaryCache();
    leave(cache, found);
    const outcome = new WasiCache(cache, { ...asking, timeoutMs: 0 }).commit(undefined, token("a"));
    expect(outcome.status).toBe(STATUS.lock_timeout);
    expect(readFileSync(lockFileOf(cache), "utf8")).toBe(found.content);
    expect([existsSync(cache), existsSync(leaseOf(cache))]).toEqual([false, found.leaseAgeMs !== undefined]);
  });

  it("an embedder that cannot tell whether a process lives waits for it", async () => {
    const cache = await temporaryCache();
    leave(cache, { content: `${NOBODY} gone` });
    expect(new WasiCache(cache, { timeoutMs: 0 }).commit(undefined, token("a")).status).toBe(STATUS.lock_timeout);
  });
});

/** errno of WASI. */
const EXIST = 20;
const IO = 29;
const NOENT = 44;
const NOTSUP = 58;
const STALE = 72;
const withoutLinks: Partial<Engine> = { path_link: () => NOTSUP };

describe("an engine that looks at an open file by its name", () => {
  it.each<[string, string, (cache: string) => void, Partial<Engine>?]>([
    [
      "a lock file that somebody left",
      "fd_filestat_get",
      (cache: string) => leave(cache, { content: `${NOBODY} gone` }),
    ],
    ["its own lock file, made in place,", "fd_filestat_get", () => {}, withoutLinks],
    ["its own lock file, to renew it", "fd_filestat_set_times", () => {}],
  ])("finds %s gone when it does: that is no error", async (_what, name, prepare, lacking = {}) => {
    const cache = await temporaryCache();
    prepare(cache);
    let isGone = false;
    const engine = (original: Engine) => ({
      ...lacking,
      [name]: (...values: never[]) => {
        if (isGone || !existsSync(lockFileOf(cache))) return original[name]!(...values);
        isGone = true;
        unlinkSync(lockFileOf(cache));
        return NOENT;
      },
    });
    let edits = 0;
    const edit = () => {
      if (++edits === 1 && name === "fd_filestat_set_times") wasi.core.renew();
      return bytes(token("a"));
    };
    const wasi = new WasiCache(cache, { ...asking, engine, answers: { ...asking.answers, edit } });
    expect(wasi.update().status).toBe(STATUS.ok);
    expect([isGone, keys(cache), existsSync(lockFileOf(cache))]).toEqual([true, ["a"], false]);
  });
});

describe("over 9P, where a name that goes while it is looked at is NOENT", () => {
  it.each<[string, string, Partial<Engine>?]>([
    ["linking the lock file", "path_link"],
    ["creating it in place", "path_open", withoutLinks],
    ["making the lease", "path_create_directory"],
    ["dating the lock file, which has another name by now", "fd_filestat_set_times"],
  ])("goes on after %s", async (_what, name, lacking = {}) => {
    const cache = await temporaryCache();
    let failed = 0;
    let isInPlace = false;
    const engine = (original: Engine) => ({
      ...lacking,
      ...(name === "path_open" && {
        path_link: () => {
          isInPlace = true; // what is opened next is the lock file
          return NOTSUP;
        },
      }),
      [name]: (...values: never[]) => {
        if (failed > 0 || (name === "path_open" && !isInPlace)) return original[name]!(...values);
        failed += 1;
        return NOENT;
      },
    });
    const edit = () => {
      if (name === "fd_filestat_set_times" && failed === 0) expect(wasi.core.renew()).toBe(STATUS.ok);
      return bytes(token("a"));
    };
    const wasi = new WasiCache(cache, { ...asking, engine, answers: { ...asking.answers, edit } });
    expect(wasi.update()).toMatchObject({ status: STATUS.ok, restarts: 0 });
    expect([failed, keys(cache), existsSync(lockFileOf(cache))]).toEqual([1, ["a"], false]);
  });
});

describe("on NFS, where another machine removes what is being looked at", () => {
  const CALLS = ["fd_filestat_get", "fd_pread"] as const;

  /** The call's first one, after which the lock file is gone, or each one of an open lock file. */
  const staleAt = (name: (typeof CALLS)[number], lockFile: string, isForEver: boolean) => {
    let isStale = false;
    return (original: Engine) => ({
      [name]: (...values: never[]) => {
        if (!existsSync(lockFile) || (isStale && !isForEver)) return original[name]!(...values);
        isStale = true;
        if (!isForEver) unlinkSync(lockFile);
        return name === "fd_pread" ? IO : STALE; // as wasmtime has it, and as WASI does
      },
    });
  };

  it.each(CALLS)("a lock file is gone: %s", async (name) => {
    const cache = await temporaryCache();
    leave(cache, { content: `${process.ppid} lives` });
    const engine = staleAt(name, lockFileOf(cache), false);
    const wasi = new WasiCache(cache, { ...asking, engine, timeoutMs: 100 });
    expect(wasi.commit(undefined, token("a"))).toMatchObject({ status: STATUS.ok, takeOvers: 0 });
    expect(keys(cache)).toEqual(["a"]);
  });

  it.each(CALLS)("what is no better at the next looks is an error: %s", async (name) => {
    const cache = await temporaryCache();
    leave(cache, { content: `${process.ppid} lives` });
    const engine = staleAt(name, lockFileOf(cache), true);
    const wasi = new WasiCache(cache, { ...asking, engine, timeoutMs: 100 });
    expect(wasi.commit(undefined, token("a")).status).toBe(STATUS.io_error);
    expect(existsSync(lockFileOf(cache))).toBe(true);
  });
});

it.each(["path_unlink_file", "path_filestat_get"])(
  "a lock file that cannot be removed, for an error of %s, is nobody's, though it names a process that lives",
  async (name) => {
    const cache = await temporaryCache();
    let isPublished = false;
    const engine = (original: Engine) => ({
      path_rename: (...values: never[]) => {
        isPublished = true;
        return original.path_rename!(...values);
      },
      [name]: (...values: never[]) => {
        if (!isPublished) return original[name]!(...values);
        isPublished = false;
        return IO;
      },
    });
    expect(new WasiCache(cache, { ...asking, engine }).commit(undefined, token("a")).status).toBe(STATUS.ok);
    expect(readFileSync(lockFileOf(cache), "utf8")).toBe(`${process.pid} node_wasi`);
    const next = new WasiCache(cache, { ...asking, timeoutMs: 0 }).commit(undefined, token("b"));
    expect(next).toMatchObject({ status: STATUS.ok, takeOvers: 1 });
    expect(keys(cache)).toEqual(["a", "b"]);
  },
);

describe("a lock file that is being made", () => {
  it("is whole as soon as it is seen", async () => {
    const cache = await temporaryCache();
    const seen = new Set<string>();
    const engine = (original: Engine) =>
      Object.fromEntries(
        Object.entries(original).map(([name, call]) => [
          name,
          (...values: never[]) => {
            if (existsSync(lockFileOf(cache))) seen.add(readFileSync(lockFileOf(cache), "utf8"));
            return call(...values);
          },
        ]),
      );
    expect(new WasiCache(cache, { engine }).commit(undefined, token("a")).status).toBe(STATUS.ok);
    expect([...seen]).toEqual([`${process.pid} node_wasi`]);
    expect(readdirSync(dirname(cache))).toEqual([basename(cache)]);
  });

  it.each([
    ["EEXIST", EXIST],
    ["EIO", IO],
  ])("is one's own where it has got its name, though the server says %s", async (_code, errno) => {
    const cache = await temporaryCache();
    const engine = ({ path_link }: Engine) => ({
      path_link: (...values: never[]) => {
        path_link!(...values);
        return errno;
      },
    });
    const wasi = new WasiCache(cache, { ...asking, engine, timeoutMs: 0 });
    expect(wasi.commit(undefined, token("a")).status).toBe(STATUS.ok);
    expect(readdirSync(dirname(cache))).toEqual([basename(cache)]);
  });

  it.each<[string, (cache: string) => string | undefined]>([
    ["is made in place where a link is another file, as through sshfs", () => undefined],
    ["leaves what somebody else has put in the place of such a link", () => `${process.ppid} somebody else`],
  ])("%s", async (_what, instead) => {
    const cache = await temporaryCache();
    const theirs = instead(cache);
    const engine = () => ({
      path_link: () => {
        const [prepared = ""] = readdirSync(dirname(cache)).filter((name) => name.endsWith(".tmp"));
        copyFileSync(join(dirname(cache), prepared), lockFileOf(cache), constants.COPYFILE_EXCL);
        if (theirs !== undefined) writeFileSync(lockFileOf(cache), theirs);
        return 0;
      },
    });
    const outcome = new WasiCache(cache, { ...asking, engine, timeoutMs: 0 }).commit(undefined, token("a"));
    if (theirs === undefined) {
      expect(outcome).toMatchObject({ status: STATUS.ok, restarts: 0, takeOvers: 0 });
      expect(readdirSync(dirname(cache))).toEqual([basename(cache)]);
    } else {
      expect(outcome.status).toBe(STATUS.lock_timeout);
      expect(readFileSync(lockFileOf(cache), "utf8")).toBe(theirs);
    }
  });

  it("goes where it cannot be read any more, as long as the lease is there", async () => {
    const cache = await temporaryCache();
    const engine = ({ fd_pread }: Engine) => ({
      fd_pread: (...values: never[]) => (existsSync(cache) ? IO : fd_pread!(...values)),
    });
    const wasi = new WasiCache(cache, { ...asking, engine });
    expect(wasi.commit(undefined, token("a")).status).toBe(STATUS.ok);
    expect(readdirSync(dirname(cache))).toEqual([basename(cache)]);
  });

  it.each([
    ["the lease is taken", "path_create_directory", {}],
    ["it is looked at, in place,", "fd_filestat_get", withoutLinks],
  ])("is left to kind K, who takes it over while %s", async (_what, name, lacking) => {
    const cache = await temporaryCache();
    const theirs = `${process.pid} other`;
    let [isTaken, edits] = [false, 0];
    const engine = (original: Engine) => ({
      ...lacking,
      [name]: (...values: never[]) => {
        if (!isTaken && existsSync(lockFileOf(cache))) {
          isTaken = true;
          writeFileSync(lockFileOf(cache), theirs);
        }
        return original[name]!(...values);
      },
    });
    const edit = () => bytes(token(`${++edits}`));
    const answers = { ...asking.answers, edit };
    expect(new WasiCache(cache, { ...asking, engine, answers, timeoutMs: 0 }).update().status).toBe(
      STATUS.lock_timeout,
    );
    expect([isTaken, edits]).toEqual([true, 0]);
    expect(readFileSync(lockFileOf(cache), "utf8")).toBe(theirs);
    expect(readdirSync(dirname(cache))).toEqual([basename(lockFileOf(cache))]);
  });

  it("is made in place where there are no hard links", async () => {
    const cache = await temporaryCache();
    let lockFile = "";
    const edit = () => {
      lockFile = readFileSync(lockFileOf(cache), "utf8");
      return bytes(token("a"));
    };
    leave(cache, { content: `${NOBODY} gone` });
    const wasi = new WasiCache(cache, { ...asking, engine: () => withoutLinks, answers: { ...asking.answers, edit } });
    expect(wasi.update()).toMatchObject({ status: STATUS.ok, takeOvers: 1 });
    expect(lockFile).toBe(`${process.pid} node_wasi`);
    expect(wasi.update().status).toBe(STATUS.ok);
    expect(readdirSync(dirname(cache))).toEqual([basename(cache)]);
  });
});

it("what kind K takes over in place, in the same second and at the same length, is put back", async () => {
  const cache = await temporaryCache();
  const second = Math.floor(Date.now() / 1000) - 10;
  const write = (content: string) => {
    writeFileSync(lockFileOf(cache), content);
    utimesSync(lockFileOf(cache), second, second);
  };
  write(`${NOBODY} gone`);
  const theirs = `${NOBODY + 1} live`;
  const engine = ({ path_rename }: Engine) => ({
    path_rename: (...values: never[]) => {
      write(theirs);
      return path_rename!(...values);
    },
  });
  const answers = { processAlive: (pid: number) => (pid === NOBODY ? STATUS.dead : STATUS.alive) };
  const wasi = new WasiCache(cache, { flags: OPEN.processes, answers, engine, timeoutMs: 0 });
  expect(wasi.commit(undefined, token("a")).status).toBe(STATUS.lock_timeout);
  expect(readFileSync(lockFileOf(cache), "utf8")).toBe(theirs);
  expect(readdirSync(dirname(cache))).toEqual([basename(lockFileOf(cache))]);
});

describe("an embedder that takes its time", () => {
  it("renews the lock while a request is pending", async () => {
    const cache = await temporaryCache();
    const wasi = new WasiCache(cache);
    expect(wasi.core.renew()).toBe(STATUS.bad_state);
    expect(wasi.core.update()).toBe(1);
    age(lockFileOf(cache), 20_000);
    expect(wasi.core.renew()).toBe(STATUS.ok);
    expect(statSync(lockFileOf(cache)).mtimeMs).toBeGreaterThan(Date.now() - 10_000);
    rmdirSync(leaseOf(cache));
    expect(wasi.core.renew()).toBe(STATUS.lock_lost);
    wasi.core.reset();
    expect(wasi.core.renew()).toBe(STATUS.bad_state);
  });

  it("is not told that it holds a lock where none is needed", async () => {
    const cache = await temporaryCache();
    writeFileSync(cache, token("a"));
    const wasi = new WasiCache(cache, { flags: OPEN.protected });
    expect(wasi.core.load()).toBe(1);
    expect(wasi.core.renew()).toBe(STATUS.lock_not_held);
    wasi.core.reset();
  });
});

describe("a lock that is lost while it is held", () => {
  const LOSSES: ReadonlyArray<[string, (cache: string) => void]> = [
    ["its file was removed", (cache) => unlinkSync(lockFileOf(cache))],
    [
      "its file is another one",
      (cache) => {
        unlinkSync(lockFileOf(cache));
        leave(cache, { content: `${process.pid} node_wasi`, ageMs: 31_000 });
      },
    ],
    ["its file says somebody else", (cache) => writeFileSync(lockFileOf(cache), `${NOBODY} other`)],
    ["its lease was removed", (cache) => rmdirSync(leaseOf(cache))],
    [
      "its lease is another one's",
      (cache) => {
        rmdirSync(leaseOf(cache));
        mkdirSync(leaseOf(cache));
        age(leaseOf(cache), 8_500);
      },
    ],
  ];

  it.each(LOSSES)(
    "%s: nothing is published, and the operation begins again with what is stored now",
    async (_what, lose) => {
      const cache = await temporaryCache();
      writeFileSync(cache, token("a"));
      const edited: string[] = [];
      const edit = (content: Uint8Array) => {
        edited.push(new TextDecoder().decode(content));
        if (edited.length === 1) {
          lose(cache);
          writeFileSync(cache, token("b")); // of whoever took it
        }
        return bytes(JSON.stringify({ ...JSON.parse(edited.at(-1)!), edited: edited.length }));
      };
      const outcome = new WasiCache(cache, { ...asking, answers: { ...asking.answers, edit } }).update();
      expect(outcome).toMatchObject({ status: 0, restarts: 1 });
      expect(edited).toEqual([token("a"), token("b")]);
      expect(JSON.parse(readFileSync(cache, "utf8"))).toMatchObject({ edited: 2 });
      expect(keys(cache)).toEqual(["b"]);
      expect([existsSync(lockFileOf(cache)), existsSync(leaseOf(cache))]).toEqual([false, false]);
    },
  );
});
