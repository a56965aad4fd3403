import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { TokenCacheStore } from "../../hosts/node/index.ts";
import { STATUS } from "../../hosts/shared/errors/status.ts";
import { temporaryCache } from "../processes/temporary.ts";
import { type Answers, type Engine, OPEN, WasiCache } from "./wasi-cache.ts";

const BADF = 8;
const IO = 29;
const NOSPC = 51;
const O_DIRECTORY = 2;
const FLAG = { unchanged: 1, salvaged: 2, setAside: 4, document: 8 } as const;
const token = (key: string) =>
  JSON.stringify({
    AccessToken: { [key]: { secret: `secret of ${key}`, cached_at: "100", expires_on: "4000000000" } },
  });
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const keys = (document: string) => Object.keys(JSON.parse(document).AccessToken ?? {});
const names = (cache: string) => readdirSync(dirname(cache)).sort();

describe("operations on a file", () => {
  it("commit, load, update and clear, and leave nothing beside it", async () => {
    const cache = await temporaryCache();
    const edit = (content: Uint8Array) => new TextEncoder().encode(text(content).replace("secret of b", "edited"));
    const wasi = new WasiCache(cache, { answers: { edit } });
    expect(wasi.load()).toMatchObject({ status: 0, flags: 0 });
    expect(wasi.commit(undefined, token("a")).status).toBe(0);
    expect(wasi.commit(undefined, token("b")).status).toBe(0);
    expect(keys(readFileSync(cache, "utf8"))).toEqual(["a", "b"]);
    expect(text(wasi.load().data)).toBe(readFileSync(cache, "utf8"));
    expect(wasi.update().status).toBe(0);
    expect(readFileSync(cache, "utf8")).toContain("edited");
    expect(names(cache)).toEqual(["cache.json"]);
    expect(wasi.clear().status).toBe(0);
    expect(wasi.clear().status).toBe(STATUS.not_found);
    expect(names(cache)).toEqual([]);
  });

  it("merges three ways with what another process wrote through the host for Node.js, and the other way round", async () => {
    const cache = await temporaryCache();
    const wasi = new WasiCache(cache);
    const store = await TokenCacheStore.open(cache);
    const base = text(wasi.commit(undefined, token("a")).data);
    await store.commit(undefined, new TextEncoder().encode(token("b")));
    expect(keys(text(wasi.commit(base, "{}").data))).toEqual(["b"]);
    const loaded = await store.load();
    expect(keys(text(loaded.content!))).toEqual(["b"]);
  });

  it("says `unchanged` to a load once the file has settled, and not after it was opened again", async () => {
    const cache = await temporaryCache();
    writeFileSync(cache, token("a"));
    utimesSync(cache, 1000, 1000.123);
    const wasi = new WasiCache(cache);
    expect(wasi.load().flags).toBe(FLAG.document);
    expect(wasi.load().flags).toBe(FLAG.unchanged | FLAG.document);
    expect(wasi.core.open(...put(wasi, "/cache/cache.json"), 0, 0, 0)).toBe(0);
    expect(wasi.load().flags).toBe(FLAG.document);
  });

  it("keeps a damaged original and saves what can be saved", async () => {
    const cache = await temporaryCache();
    const damaged = token("a").slice(0, -2).concat(',"b":{"secret":');
    writeFileSync(cache, damaged);
    const outcome = new WasiCache(cache).load();
    expect(outcome).toMatchObject({ status: 0, flags: FLAG.document | FLAG.salvaged | FLAG.setAside });
    expect(keys(readFileSync(cache, "utf8"))).toEqual(["a"]);
    const [, aside] = names(cache);
    expect(aside).toMatch(/^cache\.json\.damaged-20\d{6}T\d{6}Z-[0-9a-f]{8}$/);
    expect(readFileSync(join(dirname(cache), aside!), "utf8")).toBe(damaged);
  });

  it("keeps the same content once, however often what follows fails", async () => {
    const cache = await temporaryCache();
    const wasi = new WasiCache(cache, { answers: { edit: () => STATUS.callback_failed } });
    const update = (content: string) => {
      writeFileSync(cache, content);
      utimesSync(cache, 1000, 1000);
      expect(wasi.update().status).toBe(STATUS.callback_failed);
    };
    const kept = () => names(cache).filter((name) => name.includes("damaged"));
    for (let times = 0; times < 3; times++) update("damaged");
    expect(kept()).toHaveLength(1);
    update("damAged");
    expect(kept()).toHaveLength(2);
    for (const name of kept()) unlinkSync(join(dirname(cache), name));
    update("damAged");
    expect(kept()).toHaveLength(1);
    wasi.core.open(...put(wasi, "/cache/other.json"), 0, 0, 0);
    wasi.core.reset();
    writeFileSync(join(dirname(cache), "other.json"), "damAged");
    expect(wasi.update().status).toBe(STATUS.callback_failed);
    expect(kept()).toHaveLength(2);
  });

  it("on a full disk gives what can be saved, and one more name to the original, however many load", async () => {
    const cache = await temporaryCache();
    const damaged = token("a").slice(0, -2).concat(',"b":{"secret":');
    writeFileSync(cache, damaged);
    const full = ({ fd_write }: Engine): Partial<Engine> => {
      let writes = 0; // the first one is the lock file's
      return { fd_write: (...values) => (++writes === 1 ? fd_write!(...values) : NOSPC) };
    };
    for (let times = 0; times < 3; times++) {
      const outcome = new WasiCache(cache, { engine: full }).load();
      expect(outcome).toMatchObject({ status: 0, flags: FLAG.document | FLAG.salvaged | FLAG.setAside });
      expect(keys(text(outcome.data))).toEqual(["a"]);
    }
    expect(readFileSync(cache, "utf8")).toBe(damaged);
    expect(names(cache)).toEqual([
      "cache.json",
      expect.stringMatching(/^cache\.json\.damaged-20\d{6}T\d{6}Z-[0-9a-f]{8}$/),
    ]);
  });

  it("keeps it beside what a link leads to: what root makes beside a user's link is that user's", async () => {
    const cache = await temporaryCache();
    const target = join(dirname(cache), "folder", "target");
    mkdirSync(dirname(target));
    writeFileSync(target, "damaged");
    symlinkSync("folder/target", cache);
    expect(new WasiCache(cache).commit(undefined, token("a")).flags & FLAG.setAside).toBe(FLAG.setAside);
    expect(names(cache)).toEqual(["cache.json", "folder"]);
    expect(names(target)[1]).toMatch(/^target\.damaged-/);
  });

  it.each(["fd_filestat_get", "fd_pread"] as const)(
    "is read again where NFS says that another machine has replaced it, and is never absent for it: %s",
    async (name) => {
      const cache = await temporaryCache();
      new WasiCache(cache).commit(undefined, token("a"));
      let left = 3;
      const engine = (original: Engine) => ({
        [name]: (...values: never[]) => (left-- > 0 ? IO : original[name]!(...values)), // as wasmtime has ESTALE
      });
      expect(text(new WasiCache(cache, { engine }).load().data)).toBe(readFileSync(cache, "utf8"));
      left = 1000;
      expect(new WasiCache(cache, { engine }).load().status).toBe(STATUS.io_error);
    },
  );

  it("syncs a new file beside the cache where the engine syncs no folder, as wasmtime's does not", async () => {
    const cache = await temporaryCache();
    const synced: string[] = [];
    const engine = ({ path_open, fd_sync }: Engine): Partial<Engine> => {
      let what = "";
      return {
        path_open: (...values) => {
          what = (values[4]! & O_DIRECTORY) === 0 ? "file" : "folder";
          return path_open!(...values);
        },
        fd_sync: (fd) => {
          if (what === "folder") return BADF;
          synced.push(`${what}, ${names(cache).includes("cache.json") ? "" : "no "}cache`);
          return fd_sync!(fd);
        },
      };
    };
    const wasi = new WasiCache(cache, { engine });
    expect(wasi.commit(undefined, token("a")).status).toBe(0);
    expect(synced).toEqual(["file, no cache", "file, cache"]);
    expect(names(cache)).toEqual(["cache.json"]);
    expect(wasi.clear().status).toBe(0);
    expect(synced.slice(2)).toEqual(["file, no cache"]);
    expect(names(cache)).toEqual([]);
  });

  it("creates the folders of the cache with the first commit", async () => {
    const cache = await temporaryCache();
    const wasi = new WasiCache(cache);
    const [path, length] = put(wasi, "/cache/new/folder/tokens.json");
    expect(wasi.core.open(path, length, 0, 0xffffffff, 0)).toBe(0);
    wasi.core.reset();
    expect(existsSync(join(dirname(cache), "new"))).toBe(false);
    expect(wasi.commit(undefined, token("a")).status).toBe(0);
    expect(names(join(dirname(cache), "new/folder/x"))).toEqual(["tokens.json"]);
  });

  it("writes what a link leads to, and leaves the link", async () => {
    const cache = await temporaryCache();
    mkdirSync(join(dirname(cache), "elsewhere"));
    symlinkSync("elsewhere/real.json", cache);
    expect(new WasiCache(cache).commit(undefined, token("a")).status).toBe(0);
    expect(names(cache)).toEqual(["cache.json", "elsewhere"]);
    expect(keys(readFileSync(join(dirname(cache), "elsewhere/real.json"), "utf8"))).toEqual(["a"]);
  });
});

function put(wasi: WasiCache, content: string): [pointer: number, length: number] {
  const bytes = new TextEncoder().encode(content);
  const pointer = wasi.core.alloc(bytes.length);
  new Uint8Array(wasi.core.memory.buffer).set(bytes, pointer);
  return [pointer, bytes.length];
}

describe("what is asked of the embedder", () => {
  it("makes what is set aside private as well", async () => {
    const cache = await temporaryCache();
    writeFileSync(cache, '{"kept":1, damaged');
    const makePrivate = (path: string) => {
      chmodSync(join(dirname(cache), basename(path)), 0o600);
      return 0;
    };
    const wasi = new WasiCache(cache, { flags: OPEN.private, answers: { makePrivate } });
    expect(wasi.load().flags).toBe(FLAG.document | FLAG.salvaged | FLAG.setAside);
    for (const name of names(cache)) expect(statSync(join(dirname(cache), name)).mode & 0o777).toBe(0o600);
  });

  const flip = (content: Uint8Array) => content.map((byte) => byte ^ 0x55);

  it("encrypts and decrypts", async () => {
    const cache = await temporaryCache();
    const wasi = new WasiCache(cache, { flags: OPEN.protected, answers: { protect: flip, unprotect: flip } });
    expect(wasi.commit(undefined, token("a")).status).toBe(0);
    expect(keys(text(flip(readFileSync(cache))))).toEqual(["a"]);
    expect(keys(text(wasi.commit(undefined, token("b")).data))).toEqual(["a", "b"]);
  });

  it.each([
    ["encrypt", { protect: () => STATUS.protect_failed, unprotect: flip }, "protect_failed"],
    ["decrypt", { protect: flip, unprotect: () => STATUS.key_not_found }, "key_not_found"],
  ] as const)("an embedder that cannot %s leaves the file as it was, and no lock", async (_what, answers, status) => {
    const cache = await temporaryCache();
    const before = flip(new TextEncoder().encode(token("a")));
    writeFileSync(cache, before);
    const wasi = new WasiCache(cache, { flags: OPEN.protected, answers });
    expect(wasi.commit(undefined, token("b")).status).toBe(STATUS[status]);
    expect([readFileSync(cache), names(cache)]).toEqual([Buffer.from(before), ["cache.json"]]);
  });

  it("makes new files private before anything is in them", async () => {
    const cache = await temporaryCache();
    const seen: Array<{ path: string; bytes: number }> = [];
    const makePrivate = (path: string) => {
      const file = join(dirname(cache), path.replace("/cache/", ""));
      seen.push({ path, bytes: statSync(file).size });
      chmodSync(file, 0o640);
      return 0;
    };
    const wasi = new WasiCache(cache, { flags: OPEN.private, answers: { makePrivate } });
    expect(wasi.commit(undefined, token("a")).status).toBe(0);
    expect(seen).toEqual([
      { path: expect.stringMatching(/^\/cache\/\.cache\.json\.\d+\.[0-9a-f]{12}\.tmp$/), bytes: 0 },
    ]);
    expect(statSync(cache).mode & 0o777).toBe(0o640);
  });

  it.each([
    [STATUS.permission_denied, STATUS.permission_denied],
    [STATUS.not_found, STATUS.io_error],
    [0xffff, STATUS.io_error], // what the core itself has for an answer that is still to come
  ])("publishes nothing that could not be made private (answer: %i)", async (answer, status) => {
    const cache = await temporaryCache();
    writeFileSync(cache, token("a"));
    const answers: Answers = { makePrivate: () => answer };
    const wasi = new WasiCache(cache, { flags: OPEN.private, answers });
    expect(wasi.commit(undefined, token("b")).status).toBe(status);
    expect([readFileSync(cache, "utf8"), names(cache)]).toEqual([token("a"), ["cache.json"]]);
  });

  it("looks at the lock once more after that, directly before it publishes", async () => {
    const cache = await temporaryCache();
    let asked = 0;
    const makePrivate = () => {
      if (++asked === 1) unlinkSync(`${cache}.lockfile`);
      return 0;
    };
    const wasi = new WasiCache(cache, { flags: OPEN.private, answers: { makePrivate } });
    expect(wasi.commit(undefined, token("a"))).toMatchObject({ status: 0, restarts: 1 });
    expect([asked, names(cache)]).toEqual([2, ["cache.json"]]);
  });

  it.each([undefined, token("c")])(
    "and at the cache (before: %s), so that nobody's writing is undone",
    async (first) => {
      const cache = await temporaryCache();
      if (first !== undefined) writeFileSync(cache, first);
      let asked = 0;
      const makePrivate = () => {
        if (++asked === 1) writeFileSync(cache, token("b")); // of somebody who asks for no lock
        return 0;
      };
      const wasi = new WasiCache(cache, { flags: OPEN.private, answers: { makePrivate } });
      expect(wasi.commit(undefined, token("a"))).toMatchObject({ status: 0, restarts: 1 });
      expect(keys(readFileSync(cache, "utf8"))).toEqual(["b", "a"]);
      expect([asked, names(cache)]).toEqual([2, ["cache.json"]]);
    },
  );

  it("an edit that fails changes nothing", async () => {
    const cache = await temporaryCache();
    writeFileSync(cache, token("a"));
    const wasi = new WasiCache(cache, { answers: { edit: () => STATUS.callback_failed } });
    expect(wasi.update().status).toBe(STATUS.callback_failed);
    expect([readFileSync(cache, "utf8"), names(cache)]).toEqual([token("a"), ["cache.json"]]);
  });

  it("an operation that is given up in the middle releases the lock and leaves no file behind", async () => {
    const cache = await temporaryCache();
    const wasi = new WasiCache(cache, { flags: OPEN.private });
    expect(wasi.core.commit(0, 0, ...put(wasi, token("a")))).toBe(1);
    expect(names(cache)).toHaveLength(3); // the new file, the lock file, the lease
    wasi.core.reset();
    expect(names(cache)).toEqual([]);
  });

  it("an answer outside the arena is an error of the operation", async () => {
    const wasi = new WasiCache(await temporaryCache(), {});
    expect(wasi.core.update()).toBe(1);
    expect(wasi.core.resume(0, 64, 1000)).toBe(0);
    expect(new DataView(wasi.core.memory.buffer).getUint32(wasi.core.result(), true)).toBe(STATUS.bad_argument);
    expect(wasi.core.resume(0, 0, 0)).toBe(0);
  });
});

describe("refusals", () => {
  it.each([
    ["nothing", ""],
    ["the folder itself", "/cache"],
    ["a folder", "/cache/"],
    ["what lies in no preopened folder", "/elsewhere/cache.json"],
    ["a folder whose name only begins alike", "/cache2/cache.json"],
    ["a path with a NUL", "/cache/a\0b"],
    ["a path longer than any", `/cache/${"x".repeat(5000)}`],
  ])("%s is no location", async (_what, path) => {
    const wasi = new WasiCache(await temporaryCache());
    expect(wasi.core.open(...put(wasi, path), 0, 0, 0)).toBe(STATUS.invalid_location);
    expect(wasi.load().status).toBe(STATUS.bad_state);
  });

  it("a path that leaves its folder is refused by the engine", async () => {
    const wasi = new WasiCache(await temporaryCache());
    expect(wasi.core.open(...put(wasi, "/cache/../outside.json"), 0, 0, 0)).toBe(0);
    expect(wasi.load().status).toBe(STATUS.permission_denied);
  });

  it("unknown flags, and opening while an operation is under way", async () => {
    const wasi = new WasiCache(await temporaryCache());
    expect(wasi.core.open(...put(wasi, "/cache/cache.json"), 0, 0, 8)).toBe(STATUS.bad_argument);
    expect(wasi.core.open(...put(wasi, "/cache/cache.json"), 0, 0, 0)).toBe(0);
    expect(wasi.core.update()).toBe(1);
    expect(wasi.core.open(...put(wasi, "/cache/cache.json"), 0, 0, 0)).toBe(STATUS.bad_state);
    wasi.core.reset();
  });

  it("a folder in place of the cache, and a document that is too large", async () => {
    const cache = await temporaryCache();
    mkdirSync(cache);
    expect(new WasiCache(cache).commit(undefined, token("a")).status).toBe(STATUS.not_a_file);
    rmSync(cache, { recursive: true });
    writeFileSync(cache, token("a".repeat(1000)));
    expect(new WasiCache(cache, { maxBytes: 1000 }).load().status).toBe(STATUS.document_too_large);
    writeFileSync(cache, token("a".repeat(100_000)));
    expect(new WasiCache(cache, { maxBytes: 1000 }).load().status).toBe(STATUS.document_too_large);
    expect(names(cache)).toEqual([basename(cache)]);
  });
});
