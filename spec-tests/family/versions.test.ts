import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { sha256 } from "../authority/index.ts";
import { canTrace, type FileOperation, readTrace, tracing } from "./file-trace.ts";
import { Versions } from "./versions.ts";

const CACHE = "/folder/cache";
const LOCK = "/folder/cache.lockfile";
const documentOf = (...secrets: string[]) => JSON.stringify(secrets.map((secret) => ({ secret })));

type Step = readonly [
  writer: string,
  ...calls: Array<Partial<FileOperation> & { readonly call: FileOperation["call"] }>,
];

/** One call a second, each taking half of it, unless it says otherwise. */
function replay(...steps: Step[]): Versions<string> {
  const traces = new Map<string, FileOperation[]>();
  let second = 0;
  for (const [writer, ...calls] of steps) {
    const timed = calls.map((call) => ({ began: ++second, ended: second + 0.5, ...call }) as FileOperation);
    traces.set(writer, [...(traces.get(writer) ?? []), ...timed]);
  }
  return new Versions(CACHE, traces);
}

const opens = { call: "open", path: CACHE, descriptor: 7, truncates: true } as const;
const writes = (...secrets: string[]) =>
  ({
    call: "write",
    descriptor: 7,
    bytes: documentOf(...secrets),
    position: undefined,
    path: CACHE,
    isNameless: false,
  }) as const;
const inPlace = (...secrets: string[]) => [opens, writes(...secrets)] as const;
const replaces = (...secrets: string[]) =>
  [
    { ...opens, path: `${CACHE}.tmp` },
    { ...writes(...secrets), path: `${CACHE}.tmp` },
    { call: "rename", path: `${CACHE}.tmp`, to: CACHE },
  ] as const;

it("a secret was dropped by whoever replaced, or truncated, the last version that had it", () => {
  const versions = replay(
    ["a", ...inPlace("1")],
    ["b", ...replaces("1", "2")],
    ["a", ...inPlace("1")],
    ["c", ...replaces("3")],
  );
  expect(versions.content).toBe(documentOf("3"));
  expect(versions.dropOf(sha256("1"))).toEqual([{ writer: "c" }]);
  expect(versions.dropOf(sha256("2"))).toEqual([{ writer: "a" }]);
  expect(versions.dropOf(sha256("never written"))).toBeUndefined();
});

it("a secret that was written into a file whose name was taken meanwhile was dropped by whoever took it", () => {
  const versions = replay(["a", opens], ["b", ...replaces("2")], ["a", { ...writes("1"), isNameless: true }]);
  expect(versions.content).toBe(documentOf("2"));
  expect(versions.dropOf(sha256("1"))).toEqual([{ writer: "b" }]);
});

it("and also when it was taken in the midst of the writing", () => {
  const versions = replay(
    ["a", ...inPlace("1"), opens, { ...writes("1", "2"), ended: 100 }],
    ["b", ...replaces("1", "3")],
    ["c", ...replaces("1", "3", "4").map((call, n) => ({ ...call, began: 200 + n, ended: 200.5 + n }))],
  );
  expect(versions.content).toBe(documentOf("1", "3", "4"));
  expect(versions.dropOf(sha256("2"))).toEqual([{ writer: "b" }]);
});

describe("an excuse for whoever dropped a secret", () => {
  const takes = [
    { call: "open", path: `${LOCK}.tmp`, descriptor: 8, truncates: true },
    { call: "link", path: `${LOCK}.tmp`, to: LOCK },
  ] as const;
  const removes = { call: "unlink", path: LOCK } as const;

  it("it was put there while that one held the lock", () => {
    const beside = replay(
      ["a", ...inPlace("1"), ...takes],
      ["b", ...inPlace("1", "2")],
      ["a", ...replaces("1", "3"), removes],
    );
    expect(beside.dropOf(sha256("2"))).toEqual([
      { writer: "a", excuse: { writer: "b", did: "wrote beside the holder" } },
    ]);
    const before = replay(
      ["a", ...inPlace("1")],
      ["b", ...inPlace("1", "2")],
      ["a", ...takes, ...replaces("1", "3"), removes],
    );
    expect(before.dropOf(sha256("2"))).toEqual([{ writer: "a" }]);
    const after = replay(["a", ...takes, removes], ["b", ...inPlace("1", "2")], ["a", ...replaces("1", "3")]);
    expect(after.dropOf(sha256("2"))).toEqual([{ writer: "a" }]);
  });

  it("it was put, while that one held the lock, into a file that it was just replacing", () => {
    const late = [
      { ...opens, truncates: false },
      { ...writes("1", "2"), isNameless: true, began: 50, ended: 51 },
    ] as const;
    const beside = replay(["a", ...inPlace("1"), ...takes], ["b", ...late], ["a", ...replaces("1", "3")]);
    expect(beside.dropOf(sha256("2"))).toEqual([
      { writer: "a", excuse: { writer: "b", did: "wrote beside the holder" } },
    ]);
    const without = replay(["a", ...inPlace("1")], ["b", ...late], ["a", ...replaces("1", "3")]);
    expect(without.dropOf(sha256("2"))).toEqual([{ writer: "a" }]);
  });

  it("its lock file had been removed by another", () => {
    const versions = replay(["a", ...takes], ["b", removes, ...inPlace("1")], ["a", ...replaces("3")]);
    expect(versions.dropOf(sha256("1"))).toEqual([
      { writer: "a", excuse: { writer: "b", did: "removed the lock file" } },
    ]);
  });

  it("a lock file that was left behind is taken by writing into it", () => {
    const leaves = { call: "open", path: LOCK, descriptor: 9, truncates: false } as const;
    const writesName = {
      call: "write",
      descriptor: 9,
      bytes: "4711 b",
      position: 0,
      path: LOCK,
      isNameless: false,
    } as const;
    const versions = replay(["x", leaves], ["b", leaves, writesName], ["c", ...inPlace("1")], ["b", ...replaces("3")]);
    expect(versions.dropOf(sha256("1"))).toEqual([
      { writer: "b", excuse: { writer: "c", did: "wrote beside the holder" } },
    ]);
  });
});

it("what is written to a socket that has got a descriptor's number is not written to the file", () => {
  const versions = replay(["a", opens, writes("1"), { ...writes("2"), path: "socket:[4711]" }]);
  expect(versions.content).toBe(documentOf("1"));
});

it("who changed the file at the same moment is told", () => {
  const at = (began: number, ended: number) => ({ began, ended });
  const versions = replay(
    ["a", ...inPlace("1")],
    ["b", { ...opens, ...at(10, 12) }, { ...writes("2"), ...at(20, 21) }],
    [
      "c",
      { ...opens, path: "/folder/other", ...at(1, 2) },
      { ...writes("3"), path: "/folder/other", ...at(3, 4) },
      { call: "rename", path: "/folder/other", to: CACHE, ...at(11, 13) },
    ],
  );
  expect(versions.dropOf(sha256("1"))).toEqual([{ writer: "b" }, { writer: "c" }]);
});

it("whether a file was opened before or after its name was taken is told by whether it still has it when it is written to", () => {
  const at = (began: number, ended: number) => ({ began, ended });
  const openedAfter = replay(
    ["a", ...replaces("1")],
    ["b", { ...opens, ...at(10, 12) }, { ...writes("3"), ...at(20, 21) }],
    ["c", ...replaces("1", "2").map((call, n) => ({ ...call, ...at(9 + n, 9.5 + 2 * n) }))],
    ["d", ...replaces("4").map((call) => ({ ...call, ...at(30, 31) }))],
  );
  expect(openedAfter.dropOf(sha256("2"))![0]).toEqual({ writer: "b" });
  expect(openedAfter.dropOf(sha256("3"))![0]).toEqual({ writer: "d" });
  const openedBefore = replay(
    ["a", ...replaces("1")],
    ["c", ...replaces("1", "2").map((call, n) => ({ ...call, ...at(9 + n, 9.5 + n) }))],
    ["b", { ...opens, ...at(10, 12) }, { ...writes("3"), isNameless: true, ...at(20, 21) }],
  );
  expect(openedBefore.content).toBe(documentOf("1", "2"));
  expect(openedBefore.dropOf(sha256("3"))![0]).toEqual({ writer: "c" });
});

it.runIf(canTrace())("a trace of a real process adds up to what it has written", async () => {
  const folder = mkdtempSync(join(tmpdir(), "msal-extensions-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const cache = join(folder, "cache");
  const log = join(folder, "log");
  const script = `
    const fs = require("node:fs");
    const [cache, texts] = [${JSON.stringify(cache)}, ['"secret": "ä\\\\\\n\\t\\u0001 \\"', "x".repeat(100_000)]];
    fs.writeFileSync(cache, "a longer text that is to be replaced");
    fs.writeFileSync(cache + ".tmp", texts[0]);
    fs.renameSync(cache + ".tmp", cache);
    const fd = fs.openSync(cache, "r+");
    fs.writeSync(fd, texts[1], 7);
    fs.ftruncateSync(fd, 90_000);
    fs.writeSync(fd, "z", 3);
    fs.promises.writeFile(cache + ".2", texts[1]).then(() => fs.promises.rename(cache + ".2", cache)).then(() => {
      fs.appendFileSync(cache + ".3", "unrelated");
      const fd = fs.openSync(cache, "w");
      fs.writeSync(fd, texts[0]);
      fs.writeSync(fd, texts[0]);
    });`;
  const [program, ...options] = [...tracing(log), process.execPath, "-e", script];
  execFileSync(program!, options);
  const versions = new Versions(cache, new Map([["it", await readTrace(log)]]));
  expect(versions.content).toBe(readFileSync(cache, "latin1"));
  expect(versions.count).toBe(10);
});

it("a thread that is killed in a call has done nothing by it, however strace puts it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "msal-extensions-trace-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const log = join(folder, "log");
  const lines = [
    '7 1.000000000 unlink("/folder/cache" <unfinished ...>',
    '8 1.100000000 unlink("/folder/cache.tmp") = 0 <0.000010000>',
    "7 1.200000000 <... ??? resumed>) = ?",
    "9 1.300000000 <... ??? resumed>) = ?",
    "7 1.400000000 +++ killed by SIGKILL +++",
  ];
  writeFileSync(log, lines.join("\n"));
  expect(await readTrace(log)).toMatchObject([{ call: "unlink", path: "/folder/cache.tmp" }]);
});
