import { existsSync, readFileSync } from "node:fs";
import { CacheMerger } from "../../hosts/shared/core/cache-merger.ts";
import type { Inspection, MergeOutcome, SalvageOutcome } from "../../hosts/shared/core/outcomes.ts";
import { referenceMerger } from "../reference/index.ts";

/** What the vectors and properties are run on: a build of the core, or the reference. */
export interface Merger {
  merge(base: Uint8Array | undefined, ours: Uint8Array, theirs: Uint8Array | undefined): MergeOutcome;
  salvage(content: Uint8Array): SalvageOutcome;
  inspect(content: Uint8Array, nowSeconds: number): Inspection;
}

export const buildNames = ["core.debug.wasm", "core.wasm", "core.portable.wasm"] as const;
export type BuildName = (typeof buildNames)[number];

export const subjectNames = ["reference", ...buildNames] as const;
export type SubjectName = (typeof subjectNames)[number];

/** `pages`: how far its memory can grow (fewer than 128); without, as far as the engine permits. */
export function buildModule(name: BuildName, pages?: number): WebAssembly.Module {
  const file = new URL(`../../dist/${name}`, import.meta.url);
  if (!existsSync(file)) throw new Error(`dist/${name} is missing: run "npm run build"`);
  const bytes = readFileSync(file);
  return new WebAssembly.Module(pages === undefined ? bytes : withLimit(bytes, pages));
}

/** The memory section of a build: one memory of at least one page. Here it gets a greatest number, too. */
function withLimit(bytes: Buffer, pages: number): Buffer {
  const section = Buffer.from([5, 3, 1, 0, 1]);
  const at = bytes.indexOf(section);
  if (at < 0) throw new Error("the memory section is not what it was");
  return Buffer.concat([
    bytes.subarray(0, at),
    Buffer.from([5, 4, 1, 1, 1, pages]),
    bytes.subarray(at + section.length),
  ]);
}

const loaded = new Map<SubjectName, Merger>([["reference", referenceMerger]]);

/** Loads on first use, so that a missing build fails the tests of that build. */
export function loadSubject(name: SubjectName): Merger {
  let subject = loaded.get(name);
  if (subject === undefined) {
    subject = new CacheMerger(buildModule(name as BuildName));
    loaded.set(name, subject);
  }
  return subject;
}

export type Attempt<Result> =
  | { readonly result: Result; readonly error?: never }
  | { readonly result?: never; readonly error: { code: string; document?: string; offset?: number } };

/** The result, or what a refusal says. Anything thrown that is no refusal is thrown on. */
export function attempt<Result>(action: () => Result): Attempt<Result> {
  try {
    return { result: action() };
  } catch (error) {
    const { code, document, offset } = error as { code?: unknown; document?: string; offset?: number };
    if (typeof code !== "string") throw error;
    // Only where JSON goes wrong is there a first wrong byte.
    const at = code.startsWith("json_") ? { offset } : {};
    return { error: { code, ...(document !== undefined && { document }), ...at } } as Attempt<Result>;
  }
}
