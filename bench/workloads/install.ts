import { execFileSync } from "node:child_process";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathOf } from "../harness/paths.ts";
import type { Context, Measured, Outcome, Workload } from "../harness/workload.ts";
import { spreadOf } from "../statistics.ts";

interface Installed {
  readonly seconds: number;
  readonly mebibytes: number;
  /** Packages that are compiled where no binary can be had: they have a `binding.gyp` and an install script. */
  readonly compiled: readonly string[];
}

function bytesBelow(folder: string): number {
  return readdirSync(folder, { recursive: true })
    .map((name) => lstatSync(join(folder, String(name))))
    .reduce((sum, status) => sum + (status.isFile() ? status.size : 0), 0);
}

function compiledBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => /(^|\/)node_modules\/[^/]+\/binding\.gyp$|^[^/]+\/binding\.gyp$/.test(name))
    .map((name) => join(folder, name, "../package.json"))
    .map((path) => JSON.parse(readFileSync(path, "utf8")) as { name: string; scripts?: Record<string, string> })
    .filter(({ scripts }) => /gyp|prebuild/.test(scripts?.install ?? ""))
    .map(({ name }) => name);
}

/** Into an empty folder. Without install scripts: what keytar's would download or compile is not what is measured. */
function install(what: string): Installed {
  const folder = mkdtempSync(join(tmpdir(), "msal-extensions-bench-"));
  try {
    writeFileSync(join(folder, "package.json"), '{"private":true}');
    const started = performance.now();
    const options = ["install", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", what];
    execFileSync("npm", options, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
    const seconds = (performance.now() - started) / 1000;
    const modules = join(folder, "node_modules");
    return { seconds, mebibytes: bytesBelow(modules) / 2 ** 20, compiled: compiledBelow(modules) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function pack(folder: string): string {
  execFileSync("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], {
    cwd: pathOf("."),
    stdio: "ignore",
  });
  return join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz"))!);
}

async function run({ quick, progress }: Context): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "msal-extensions-bench-"));
  const packages = new Map([["this", pack(folder)]]);
  if (!quick) packages.set("Node peer", "@azure/msal-node-extensions@5.6.1");
  const rounds = quick ? 1 : 3;
  const installed = new Map<string, Installed[]>([...packages.keys()].map((name) => [name, []]));
  try {
    for (const [name, what] of packages) {
      if (!quick) install(what); // what npm has not downloaded yet
      for (let round = 1; round <= rounds; round += 1) {
        progress(`${name}, round ${round} of ${rounds}`);
        installed.get(name)!.push(install(what));
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const cells = ([row, times]: [string, Installed[]]): Measured[] => [
    { row, column: "npm install", unit: "s", value: spreadOf(times.map(({ seconds }) => seconds)) },
    { row, column: "size", unit: "MiB", value: times[0]!.mebibytes },
    { row, column: "packages to compile", unit: "", value: times[0]!.compiled.length },
  ];
  const [ours, peer] = [installed.get("this")?.[0], installed.get("Node peer")?.[0]];
  return {
    measured: [...installed].flatMap(cells),
    ratios: [
      {
        id: "install size",
        what: "size, as a share of the Node peer's",
        value: (ours?.mebibytes ?? Number.NaN) / (peer?.mebibytes ?? Number.NaN),
        goal: { atMost: 1 / 3 },
      },
      {
        id: "install compiler",
        what: "packages to compile",
        value: ours?.compiled.length ?? Number.NaN,
        goal: { atMost: 0 },
      },
    ],
  };
}

export const installation: Workload = {
  name: "install",
  title: "npm install into an empty folder, all downloaded before",
  run,
};
