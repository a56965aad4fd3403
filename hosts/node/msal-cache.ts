#!/usr/bin/env node
// The command `msal-cache` (docs/wasi.md): dist/msal-cache.wasm on node:wasi, which sees the
// folders of the files it was told of.
import { existsSync, opendirSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import process from "node:process";

interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => object;
}

// Node says on every start that its WASI is experimental; whoever reads standard error is after what went wrong. Loaded
// only then: of what is imported Node 24.21 and 26 have said it by now.
process.removeAllListeners("warning");
const { WASI } = createRequire(import.meta.url)("node:wasi") as typeof import("node:wasi");

/**
 * Links are followed here: there they could not leave their folder. What there is no file for stays what it was called.
 */
function fileOf(argument: string): string {
  try {
    const path = resolve(argument); // not in a folder that is gone
    return existsSync(path) ? realpathSync(path) : path;
  } catch {
    return argument;
  }
}

/** Where it cannot open one of its folders node:wasi throws, which would be the exit code of a damaged document. */
function canOpen(folder: string): boolean {
  try {
    opendirSync(realpathSync(folder)).closeSync(); // one that is gone can be opened as "."
    return true;
  } catch {
    return false;
  }
}

/** As WASI has them, on Windows too. Elsewhere a backslash is a letter of a name. */
const forward = (path: string) => (process.platform === "win32" ? path.replaceAll("\\", "/") : path);

const [command = "", ...rest] = process.argv.slice(2);
if (command === "--version") {
  const manifest = readFileSync(new URL("../../../package.json", import.meta.url), "utf8"); // of the package; the module is part of others too
  console.log((JSON.parse(manifest) as { version: string }).version);
  process.exit();
}
const files = rest.map((argument) => (argument === "-" ? argument : fileOf(argument)));
const folders = files.map((file) => dirname(file)).filter(canOpen);
const wasi = new WASI({
  version: "preview1",
  args: ["msal-cache", command, ...files.map(forward)],
  preopens: Object.fromEntries(folders.map((folder) => [forward(folder), folder])),
  returnOnExit: true,
});
const { Instance, Module } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
const module = new Module(readFileSync(new URL("../../msal-cache.wasm", import.meta.url)));
// Wrapped in functions of JavaScript: called by V8 directly, Node 20 ends with an assertion (`current_uvwasi_memory_`)
// when garbage is collected during the call, as happens with files of some 10 MB.
type Call = (...values: unknown[]) => unknown;
const calls = Object.entries(wasi.wasiImport as Record<string, Call>);
const imports = Object.fromEntries(calls.map(([name, call]) => [name, (...values: unknown[]) => call(...values)]));
process.exitCode = wasi.start(new Instance(module, { wasi_snapshot_preview1: imports }));
