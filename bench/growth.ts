// Growth with nothing in the merge's favour: members shuffled at every level, one side indented and the other minified. Linear means
// that the time for one entity, or one field, stays what it is.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { CoreModule } from "../hosts/shared/core-module.ts";
import { createDocument, shuffled } from "./documents.ts";
import { coreMerge } from "./merge.ts";
import { alternate, type Spread, spreadOf } from "./statistics.ts";

/** Up to the largest documents that are accepted (64 MiB). */
const ENTITIES = [1_000, 5_000, 10_000, 20_000];
const FIELDS = [1_000, 10_000, 100_000];
const ROUNDS = 3;

export interface GrowthRow {
  readonly what: "entities" | "fields of one entity";
  readonly count: number;
  readonly documentBytes: number;
  /** Nanoseconds an entity, or a field. */
  readonly each: Spread;
}

const encoder = new TextEncoder();

function fieldsOf(count: number) {
  const fields = Object.fromEntries(Array.from({ length: count }, (_, index) => [`field${index}`, `value ${index}`]));
  return { AccessToken: { only: fields } };
}

function measure(core: CoreModule, what: GrowthRow["what"], count: number): GrowthRow {
  const document = what === "entities" ? createDocument(count) : fieldsOf(count);
  const base = encoder.encode(JSON.stringify(document));
  const ours = encoder.encode(JSON.stringify(shuffled(document), null, 2));
  const theirs = encoder.encode(JSON.stringify(shuffled(document)));
  const [times] = alternate([coreMerge(core, [base, ours, theirs])], ROUNDS, 1);
  const each = (times as number[]).map((time) => (time * 1000) / count);
  return { what, count, documentBytes: theirs.length, each: spreadOf(each) };
}

export function benchGrowth(progress: (text: string) => void): GrowthRow[] {
  const path = createRequire(import.meta.url).resolve("msal-extensions/core.wasm");
  const core = new WebAssembly.Module(readFileSync(path));
  const row = (what: GrowthRow["what"], count: number) => {
    progress(`growth, ${count} ${what}`);
    return measure(core, what, count);
  };
  return [
    ...ENTITIES.map((count) => row("entities", count)),
    ...FIELDS.map((count) => row("fields of one entity", count)),
  ];
}
