import { readFileSync } from "node:fs";
import { shuffled } from "../documents.ts";
import { pathOf } from "../harness/paths.ts";
import type { Context, Measured, Outcome, Ratio, Workload } from "../harness/workload.ts";
import { type Documents, instantiatePure, timeOfMerge } from "../pure-core.ts";
import { alternate, type Spread, spreadOf, timed } from "../statistics.ts";

const ENTITIES = [10, 100, 1_000, 10_000, 100_000];
const FIELDS = [1_000, 10_000, 100_000];
/** What a long run of the smallest sizes is divided by: a merge of ten entities alone is too short to be timed. */
const ENOUGH = 2_000;
const ROUNDS = 5;

type Document = Record<string, Record<string, unknown>>;

/** About 400 bytes each, so that a hundred thousand are within the 64 MiB that a document may have. */
function entities(count: number): Document {
  const tokens = Object.fromEntries(
    Array.from({ length: count }, (_, n) => [
      `00000000-0000-0000-66f3-3332eca7ea81.9188040d-login.windows.net-accesstoken-04b07795-8ddb-461a-bbee-scope${n}`,
      { secret: `${n}`.padStart(220, "s"), cached_at: "1700000000", expires_on: "1700003600" },
    ]),
  );
  return { AccessToken: tokens };
}

function fields(count: number): Document {
  const members = Array.from({ length: count }, (_, n) => [`field${n}`, `value ${n}`]);
  return { AccessToken: { only: Object.fromEntries(members) } };
}

/** Nothing in the merge's favour: members shuffled at every level, one side indented. */
function tripleOf(document: Document): Documents {
  const encode = (value: Document, indent?: number) => new TextEncoder().encode(JSON.stringify(value, null, indent));
  return [encode(document), encode(shuffled(document), 2), encode(shuffled(document))];
}

interface Growth {
  /** Nanoseconds an entity, or a field. */
  readonly each: Spread;
  /** The same of a bare copy of the three documents: what the processor's caches alone make of the size. */
  readonly copied: Spread;
  /** The core's memory at its largest, as a multiple of the three documents together. */
  readonly memory: number;
}

function grow(core: object, document: Document, count: number, rounds: number): Growth {
  const triple = tripleOf(document);
  const bytes = triple.reduce((sum, { length }) => sum + length, 0);
  const instance = instantiatePure(core);
  const merge = () => timeOfMerge(instance, triple);
  const copies = triple.map(({ length }) => new Uint8Array(length));
  const copy = timed(() => {
    for (const [index, content] of triple.entries()) copies[index]!.set(content);
  });
  const [times, copyTimes] = alternate([merge, copy], rounds, Math.ceil(ENOUGH / count)) as [number[], number[]];
  const each = (total: readonly number[]) => spreadOf(total.map((time) => (time * 1000) / count));
  return {
    each: each(times),
    copied: each(copyTimes),
    memory: instance.memory.buffer.byteLength / bytes,
  };
}

async function run({ quick, progress }: Context): Promise<Outcome> {
  const core = new WebAssembly.Module(readFileSync(pathOf("dist/core.wasm")));
  const sizes = (all: readonly number[]) => (quick ? all.slice(0, 1) : all);
  const measured: Measured[] = [];
  const growth = (what: string, document: (count: number) => Document, count: number): Growth => {
    const row = `${count.toLocaleString("en")} ${what}`;
    progress(row);
    const grown = grow(core, document(count), count, quick ? 1 : ROUNDS);
    measured.push(
      { row, column: "each", unit: "ns", value: grown.each },
      { row, column: "a bare copy of it", unit: "ns", value: grown.copied },
      { row, column: "peak memory / documents", unit: "×", value: grown.memory },
    );
    return grown;
  };
  const byEntities = sizes(ENTITIES).map((count) => growth("entities", entities, count));
  const byFields = sizes(FIELDS).map((count) => growth("fields of one entity", fields, count));
  // The fastest, not the median: how a merge grows is asked, not what else the machine did for so many seconds.
  const factor = (rows: readonly Growth[], what: "each" | "copied") =>
    rows.at(-1)![what].low / rows[rows.length > 3 ? 2 : 0]![what].low;
  // A step that is not linear would take a hundred times as long for one of a hundred times as many; what the
  // processor's caches cannot hold takes whoever touches it several times as long.
  const growthOf = (rows: readonly Growth[]) => factor(rows, "each") / factor(rows, "copied");
  // A page is 64 KiB, and a fresh instance has some: what ten entities take says nothing.
  const largest = Math.max(...[...byEntities.slice(-2), ...byFields.slice(-2)].map(({ memory }) => memory));
  const ratios: Ratio[] = [
    {
      id: "growth",
      what: "time for one of 100,000 entities, as a multiple of one of 1,000, over the same of a bare copy",
      value: growthOf(byEntities),
      goal: { atMost: 1 },
    },
    {
      id: "growth of fields",
      what: "time for one of 100,000 fields, as a multiple of one of 1,000, over the same of a bare copy",
      value: growthOf(byFields),
      goal: { atMost: 1 },
    },
    {
      id: "memory",
      what: "the core's memory at its largest, as a multiple of the three documents",
      value: largest,
      goal: { atMost: 4 },
    },
  ];
  return { measured, ratios };
}

export const growth: Workload = { name: "growth", title: "Growth of the merge, with nothing in its favour", run };
