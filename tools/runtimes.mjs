// Where the runtimes the suite runs on are: the Node that runs this, and those that came with `npm ci` as development
// dependencies. Their own install scripts need not have run: the binaries are looked for in the packages that carry
// them. As a program it prints one line a runtime.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const modules = fileURLToPath(new URL("../node_modules/", import.meta.url));
const exe = process.platform === "win32" ? ".exe" : "";
const platform = `${process.platform}-${process.arch}`;

/** Paths worth trying, best first. Bun's install script moves its binary out of the package of the platform. */
const CANDIDATES = {
  "node-22": () => [`${modules}node-22-${platform}/bin/node${exe}`],
  "node-24": () => [`${modules}node-24-${platform}/bin/node${exe}`],
  "node-26": () => [`${modules}node-26-${platform}/bin/node${exe}`],
  deno: () => inScope("@deno", `deno${exe}`),
  bun: () => [`${modules}bun/bin/bun.exe`, ...inScope("@oven", `bin/bun${exe}`)],
};

/** Packages of other platforms are not installed, but two may be that differ in the C library. */
function inScope(scope, file) {
  try {
    return readdirSync(`${modules}${scope}`).map((name) => `${modules}${scope}/${name}/${file}`);
  } catch {
    return [];
  }
}

/** The version as "1.2.3", or undefined for what does not run here. */
function versionOf(path) {
  try {
    const output = execFileSync(path, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return /\d+\.\d+\.\d+\S*/.exec(output)?.[0];
  } catch {
    return undefined;
  }
}

/**
 * One runtime by its name (`node`, `node-22`, `node-24`, `node-26`, `deno`, `bun`): `{ name, kind, path, version }`, or
 * undefined where it is not installed. `node` is the one that runs this.
 */
export function findRuntime(name) {
  const kind = name.replace(/-.*/, "");
  if (name === "node") return { name, kind, path: process.execPath, version: process.versions.node };
  for (const path of CANDIDATES[name]()) {
    const version = versionOf(path);
    if (version) return { name, kind, path, version };
  }
  return undefined;
}

export const RUNTIME_NAMES = ["node", "node-22", "node-24", "node-26", "deno", "bun"];

/** All of Node.js that there are, from a major version on, the one that runs this first. */
export const findNodes = (from = 0) =>
  RUNTIME_NAMES.filter((name) => name.startsWith("node"))
    .flatMap((name) => findRuntime(name) ?? [])
    .filter(({ version }) => Number.parseInt(version, 10) >= from);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of RUNTIME_NAMES) {
    const runtime = findRuntime(name);
    console.log(
      runtime ? `${name.padEnd(8)} ${runtime.version.padEnd(10)} ${runtime.path}` : `${name.padEnd(8)} missing`,
    );
  }
}
