// Builds everything: status tables checked, the core in all its forms, its budgets, the TypeScript, the bundles.
// `--quiet` prints failures only. `--update` rewrites core-wasm/imports-only.wat.
import "./unshadow-node.mjs";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import binaryen from "assemblyscript/binaryen";
import { writeBundles } from "./bundle.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const ASC = `${root}node_modules/assemblyscript/bin/asc.js`;
const TSC = `${root}node_modules/typescript/bin/tsc`;
const quiet = process.argv.includes("--quiet");
const say = (text) => quiet || console.log(text);

const HOST_INTERFACE = ["store", "cipher", "lock", "clock", "session", "log"];
const WASI = ["wasi_snapshot_preview1"];
/**
 * What is published, from which entry, what it may import, and its KiB: what is over them is paid
 * by every process that signs in.
 */
const MODULES = {
  debug: { entry: "index.ts", file: "dist/core.debug.wasm", imports: HOST_INTERFACE },
  release: { entry: "index.ts", file: "dist/core.wasm", imports: HOST_INTERFACE, budgetKib: 48 },
  portable: { entry: "index.ts", file: "dist/core.portable.wasm", imports: HOST_INTERFACE },
  wasi: { entry: "wasi/index.ts", file: "dist/core.wasi.wasm", imports: WASI, budgetKib: 48 },
  command: { entry: "wasi/command.ts", file: "dist/msal-cache.wasm", imports: WASI, budgetKib: 48 },
};

/** How tsc lists a file that it has written. */
const EMITTED = /^TSFILE: (.+)\n/gm;

function run(script, args) {
  try {
    return execFileSync(process.execPath, [script, ...args], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    console.error(error.stdout.replace(EMITTED, ""), error.stderr); // behind 600 of those nobody sees what is wrong
    process.exit(1);
  }
}

function fail(text) {
  console.error(`build: ${text}`);
  process.exit(1);
}

function buildModule(target, { entry, imports }) {
  // asc looks for a transform of asconfig.json among the packages.
  const transforms = imports === WASI ? ["cold-functions", "wasi-imports"] : ["cold-functions"];
  const options = transforms.flatMap((name) => ["--transform", `./tools/${name}.mjs`]);
  run(ASC, [`core-wasm/assembly/${entry}`, "--config", "asconfig.json", "--target", target, ...options]);
}

/** What the module asks of a host, as "module.name". */
function importsOf(file) {
  const module = new WebAssembly.Module(readFileSync(new URL(`../${file}`, import.meta.url)));
  return WebAssembly.Module.imports(module).map(({ module: from, name }) => ({ from, name: `${from}.${name}` }));
}

/**
 * A global that begins with anything but a literal is set by one, and each instantiation pays for it
 * (core-wasm/assembly/abi/arena.ts).
 */
function hasStartFunction(file) {
  const module = binaryen.readBinary(readFileSync(`${root}${file}`));
  const start = module.getStart();
  module.dispose();
  return start !== 0;
}

function checkModule({ file, imports, budgetKib = Number.POSITIVE_INFINITY }) {
  const kib = statSync(`${root}${file}`).size / 1024;
  if (kib > budgetKib) fail(`${file} has ${kib.toFixed(1)} KiB, the budget is ${budgetKib}`);
  const all = importsOf(file);
  const foreign = all.filter(({ from }) => !imports.includes(from));
  if (foreign.length) fail(`${file} imports ${foreign.map(({ name }) => name).join(", ")}: not what it may ask for`);
  if (hasStartFunction(file)) fail(`${file} has a start function: some global does not begin with a literal`);
  if (Number.isFinite(budgetKib)) say(`${file} ${kib.toFixed(1)} KiB of ${budgetKib}, ${all.length} imports`);
}

/**
 * A module that imports the whole core and uses nothing of it must compile to the checked-in, all but empty one:
 * whatever else is in it runs or takes room in every module whether it is used or not.
 */
function checkImportsOnly() {
  const output = `${root}dist/imports-only.wat`;
  run(ASC, ["--config", "asconfig.imports-only.json", "--target", "release"]);
  const text = readFileSync(output, "utf8");
  const expected = `${root}core-wasm/imports-only.wat`;
  if (process.argv.includes("--update")) writeFileSync(expected, text);
  if (readFileSync(expected, "utf8") !== text) {
    fail(
      "importing the core without using it leaves something behind: compare dist/imports-only.wat with core-wasm/imports-only.wat",
    );
  }
}

/**
 * The core as part of the module graph: for Deno, which reads no file without a
 * permission, and for bundled applications.
 */
function writeCoreBytes() {
  const base64 = readFileSync(`${root}dist/core.wasm`).toString("base64");
  const text = `// Written by tools/build.mjs from dist/core.wasm.\nexport const CORE_BASE64: string = "${base64}";\n`;
  writeFileSync(`${root}hosts/shared/core/core-bytes.ts`, text);
}

/** A module that has moved would stay importable where it was, and its types would be published. */
function removeModulesWithoutSource(emitted) {
  const written = new Set(Array.from(emitted.matchAll(EMITTED), ([, file]) => resolve(file)));
  for (const folder of new Set(Array.from(written, (file) => relative(`${root}dist`, file).split(sep)[0]))) {
    if (folder.includes(".")) continue;
    for (const name of readdirSync(`${root}dist/${folder}`, { recursive: true })) {
      const file = resolve(root, "dist", folder, name);
      if (/\.(js|d\.ts)$/.test(name) && !written.has(file)) rmSync(file);
    }
  }
}

mkdirSync(`${root}dist`, { recursive: true });
run(`${root}tools/generate-status.mjs`, ["--check"]);
for (const [target, module] of Object.entries(MODULES)) buildModule(target, module);
for (const module of Object.values(MODULES)) checkModule(module);
checkImportsOnly();
writeCoreBytes();
removeModulesWithoutSource(run(TSC, ["-p", ".", "--listEmittedFiles"]));
await writeBundles();
say("TypeScript built to dist/, a bundle a host to dist/bundles/");
