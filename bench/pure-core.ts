import { type CoreExports, type CoreImports, type CoreModule, instantiate } from "../hosts/shared/core/core-module.ts";
import { STATUS } from "../hosts/shared/errors/status.ts";
import { timeOf } from "./statistics.ts";

export type Documents = readonly [base: Uint8Array, ours: Uint8Array, theirs: Uint8Array];

const { Module } = WebAssembly as unknown as {
  Module: { imports(module: CoreModule): ReadonlyArray<{ module: string; name: string }> };
};
const MAX_BYTES = 64 * 1024 * 1024;

/** An instance of the core whose capabilities nobody calls: merging is pure. */
export function instantiatePure(module: CoreModule): CoreExports {
  const imports: CoreImports = {};
  for (const { module: group, name } of Module.imports(module)) {
    imports[group] ??= {};
    imports[group][name] = () => {
      throw new Error(`${group}.${name} was called`);
    };
  }
  return instantiate(module, imports, { maxBytes: MAX_BYTES, lockTimeoutMs: 0 }, () => 0.5);
}

/** Microseconds of the core's own merge: what the copies and the zeros cost is left out. */
export function timeOfMerge(core: CoreExports, documents: Documents): number {
  const [base, ours, theirs] = documents.map((document) => {
    const pointer = core.alloc(document.length) >>> 0;
    new Uint8Array(core.memory.buffer).set(document, pointer);
    return [pointer, document.length] as const;
  }) as [[number, number], [number, number], [number, number]];
  let status: number = STATUS.ok;
  const time = timeOf(() => {
    status = core.merge(base[0], base[1], ours[0], ours[1], theirs[0], theirs[1]);
  });
  core.reset();
  if (status !== STATUS.ok) throw new Error(`The core refused to merge: status ${status}`); // it would look fast
  return time;
}
