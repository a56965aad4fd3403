import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { type Koffi, loadBinary, loadKoffi } from "../../hosts/node/koffi.ts";
import { temporaryFolder } from "./fixtures.ts";

const require = createRequire(import.meta.url);
const installed = join(require.resolve("koffi"), "..");

const pidOf = (koffi: Koffi | undefined) => koffi?.load(null).func("getpid", "int32_t", [])();
const moduleIn = (folder: string) => pathToFileURL(join(folder, "dist", "index.js")).href;

it("loads the binary, and none of koffi's modules", () => {
  expect(pidOf(loadBinary(import.meta.url))).toBe(process.pid);
  expect(pidOf(loadKoffi(import.meta.url))).toBe(process.pid);
  expect(Object.keys(require.cache).filter((path) => path.includes("koffi"))).toEqual([]);
});

it("follows a link to where koffi lies beside its binaries, as pnpm lays them out", () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(installed, join(folder, "node_modules", "koffi"));
  expect(pidOf(loadBinary(moduleIn(folder)))).toBe(process.pid);
});

it("leaves it to koffi where its binaries are elsewhere", () => {
  const folder = temporaryFolder();
  const koffi = join(folder, "node_modules", "koffi");
  for (const file of ["package.json", "index.cjs", "src/koffi/index.cjs", "src/koffi/src/static.cjs"])
    cpSync(join(installed, file), join(koffi, file));
  mkdirSync(join(koffi, "node_modules"));
  symlinkSync(join(installed, "..", "@koromix"), join(koffi, "node_modules", "@koromix"));
  expect(loadBinary(moduleIn(folder))).toBeUndefined();
  expect(pidOf(loadKoffi(moduleIn(folder)))).toBe(process.pid);
});

it("says so where there is no koffi", () => {
  expect(() => loadKoffi(moduleIn(temporaryFolder()))).toThrow("Cannot find module 'koffi'");
});

const kind = `import(${JSON.stringify(import.meta.resolve("msal-extensions"))}).then(async (library) =>
  console.log((await library.hostCapabilities()).lockKind))`;

it.each([
  ["node -e", kind],
  ["node --input-type=module -e", kind, "--input-type=module"],
  ["a worker made of text", `new (require("node:worker_threads").Worker)(${JSON.stringify(kind)}, { eval: true })`],
])("is looked for beside this package by %s, not in the current folder", (_name, script, ...flags) => {
  const cwd = temporaryFolder();
  const { platform, arch } = process;
  const binary = join(cwd, "node_modules", "@koromix", `koffi-${platform}-${arch}`, `${platform}_${arch}`);
  mkdirSync(binary, { recursive: true });
  mkdirSync(join(cwd, "node_modules", "koffi"));
  writeFileSync(join(binary, "koffi.node"), "no binary: to load it fails, and the lock would be of kind P");
  expect(execFileSync(process.execPath, [...flags, "-e", script], { cwd, encoding: "utf8" })).toBe("K\n");
});

it("works beside an application's own koffi", () => {
  const ours = loadBinary(import.meta.url);
  const theirs = require("koffi") as Koffi;
  expect([pidOf(theirs), pidOf(ours)]).toEqual([process.pid, process.pid]);
  ours?.load(null).func("close", "int32_t", ["int32_t"])(-1);
  const { EBADF } = require("node:os").constants.errno;
  expect([ours?.errno(), theirs.errno()]).toEqual([EBADF, EBADF]);
});
