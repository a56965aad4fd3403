import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { commandFor, type RuntimeName } from "../../spec-tests/processes/commands.ts";
import { TOKENS } from "../contenders/orders.ts";
import { createDocument } from "../documents.ts";
import { pathOf } from "../harness/paths.ts";
import { quotient } from "../harness/rounds.ts";
import type { Context, Outcome, Workload } from "../harness/workload.ts";
import { type Spread, spreadOf } from "../statistics.ts";

type Command = readonly [program: string, ...options: string[]];

/** Fresh processes: one that only ends, and one that imports a library and loads a cache before it ends. */
interface Pair {
  readonly bare: Command;
  readonly loading: Command;
  readonly environment?: Readonly<Record<string, string>>;
}

async function javaScript(runtime: RuntimeName, module: string, cache: string): Promise<Pair> {
  const command: Command = [...(await commandFor(runtime)), pathOf("bench/contenders/cold.mjs")];
  return { bare: [...command, "bare"], loading: [...command, pathToFileURL(module).href, cache] };
}

const OURS: Readonly<Record<RuntimeName, string>> = { node: "this", deno: "this, Deno", bun: "this, Bun" };

function entryPoint(runtime: RuntimeName): string {
  return pathOf(`dist/bundles/${runtime}/index.js`);
}

async function pairsFor({ peers }: Context, cache: string): Promise<Map<string, Pair>> {
  const pairs = new Map<string, Pair>();
  for (const runtime of ["node", "deno", "bun"] as const) {
    pairs.set(OURS[runtime], await javaScript(runtime, entryPoint(runtime), cache));
  }
  if (peers.has("node")) {
    const peer = createRequire(pathOf(".family/node-peer/package.json")).resolve("@azure/msal-node-extensions");
    pairs.set("Node peer", await javaScript("node", peer, cache));
  }
  if (peers.has("python+portalocker")) {
    const { command, environment } = peers.program("python+portalocker");
    const python: Command = [command[0], pathOf("bench/contenders/cold.py")];
    pairs.set("Python peer", { bare: [...python, "bare"], loading: [...python, "import", cache], environment });
  }
  return pairs;
}

function timeOfProcess([program, ...options]: Command, environment?: Readonly<Record<string, string>>): number {
  const started = performance.now();
  execFileSync(program, options, { env: { ...process.env, ...environment }, stdio: ["ignore", "ignore", "inherit"] });
  return performance.now() - started;
}

interface Times {
  readonly bare: number[];
  /** Beyond what the bare process of the same round took. */
  readonly added: number[];
}

async function run(context: Context): Promise<Outcome> {
  const cache = context.freshCache();
  writeFileSync(cache, JSON.stringify(createDocument(TOKENS)), { mode: 0o600 });
  const pairs = await pairsFor(context, cache);
  const times = new Map<string, Times>([...pairs.keys()].map((name) => [name, { bare: [], added: [] }]));
  const rounds = context.quick ? 1 : 31;
  for (let round = 1; round <= rounds; round += 1) {
    context.progress(`round ${round} of ${rounds}`);
    for (const [name, { bare, loading, environment }] of pairs) {
      const took = timeOfProcess(bare, environment);
      times.get(name)!.bare.push(took);
      times.get(name)!.added.push(timeOfProcess(loading, environment) - took);
    }
  }
  const spread = (name: string): Spread | undefined => (times.has(name) ? spreadOf(times.get(name)!.added) : undefined);
  return {
    measured: [...times].flatMap(([row, { bare, added }]) => [
      { row, column: "bare process", unit: "ms" as const, value: spreadOf(bare) },
      { row, column: "added", unit: "ms" as const, value: spreadOf(added) },
    ]),
    ratios: [
      {
        id: "cold start",
        what: "time added to a bare process, as a share of what the Node peer adds",
        value: quotient(spread("this"), spread("Node peer")),
        goal: { atMost: 0.5 },
      },
    ],
  };
}

export const coldStart: Workload = {
  name: "cold start",
  title: `A fresh process imports the library and loads ${TOKENS} entities`,
  run,
};
