import { PersistenceError } from "../errors/persistence-error.ts";
import { ABI_VERSION } from "../errors/status.ts";
import { isPromise } from "./answer.ts";
import type { Awaitable } from "./capabilities.ts";
import type { Limits } from "./session-limits.ts";

/** The compiled core, a `WebAssembly.Module`; not the promise of one. */
export interface CoreModule {
  readonly then?: never;
}

/**
 * What is used of the WebAssembly API. TypeScript has it in its DOM library only, Deno in its own: whoever type-checks
 * against this package needs neither.
 */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => CoreModule;
  readonly Instance: new (module: CoreModule, imports: CoreImports) => { readonly exports: unknown };
  validate(bytes: Uint8Array): boolean;
}

/**
 * On use: on import it would be a `TypeError`, and what needs no core (a persistence by itself) works without.
 *
 * @throws PersistenceError `not_supported` where there is none: V8 with `--jitless`
 */
function webAssembly(): WebAssemblyApi {
  const { WebAssembly: api } = globalThis as unknown as { WebAssembly: WebAssemblyApi | undefined };
  if (api === undefined)
    throw new PersistenceError("not_supported", "There is no WebAssembly in this process (--jitless?).");
  return api;
}

/** What the core exports: docs/host-interface.md. Pointers and lengths are byte counts into `memory`. */
export interface CoreExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  abi_version(): number;
  configure(maxBytes: number, timeoutMs: number, seed: bigint): void;
  configure_cipher(on: number): void;
  alloc(length: number): number;
  reset(): void;
  load(): number;
  commit(base: number, baseLength: number, ours: number, oursLength: number, baseIsCurrent: number): number;
  update(): number;
  clear(): number;
  lock(): number;
  unlock(): number;
  renew(): number;
  merge(base: number, baseLen: number, ours: number, oursLen: number, theirs: number, theirsLen: number): number;
  begin_merge(theirs: number, theirsLength: number): number;
  begin_document(document: number): number;
  follow(pointer: number, length: number): number;
  end_merge(): number;
  salvage(pointer: number, length: number): number;
  inspect(pointer: number, length: number, nowSeconds: number): number;
  complete(op: number, status: number, pointer: number, length: number): void;
  poll(): number;
  result(): number;
}

/** The imports by module and name. */
export type CoreImports = Record<string, Record<string, (...values: never[]) => unknown>>;

/** A function that returns a v128: valid only where SIMD is. */
const SIMD_PROBE = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 5, 1, 0x60, 0, 1, 0x7b],
  ...[3, 2, 1, 0],
  ...[10, 8, 1, 6, 0, 0x41, 0, 0xfd, 0x0f, 0x0b],
);

export type CoreFile = "core.wasm" | "core.portable.wasm";

/** A module of a host's: in the package, in dist, in the sources. */
export const PUBLISHED = /^file:.*\/(dist\/bundles\/\w+\/index\.js|hosts\/\w+\/[\w-]+\.[jt]s)$/;

/**
 * Where a build of the core is. Asking the runtime to resolve the package instead takes a
 * fresh process of Node 1 to 2 ms.
 *
 * @param hostModule URL of a module of the host's
 * @returns a relative URL; `undefined` where the module has become part of a bundle: what lies at
 *   such a place beside it is not ours
 */
export function coreFile(file: CoreFile, hostModule: string): string | undefined {
  if (!PUBLISHED.test(hostModule)) return undefined;
  return hostModule.endsWith(".ts") ? `../../dist/${file}` : `../../${file}`;
}

/**
 * The core, read and compiled once per process, on first use. Where it can be read synchronously it is, in about a
 * millisecond: so no two callers do it at once.
 */
export function compileOnce(read: (file: CoreFile) => Awaitable<Uint8Array>): () => Awaitable<CoreModule> {
  let compiled: Awaitable<CoreModule> | undefined;
  return () => {
    if (compiled === undefined) {
      const { Module, validate } = webAssembly();
      const bytes = read(validate(SIMD_PROBE) ? "core.wasm" : "core.portable.wasm");
      compiled = isPromise(bytes) ? compileLater(bytes) : new Module(bytes);
    }
    return compiled;
  };
}

function compileLater(bytes: Promise<Uint8Array>): Promise<CoreModule> {
  const compiled = bytes.then((read) => new (webAssembly().Module)(read));
  compiled.catch(() => {}); // whoever asks is told, and nobody may have asked yet
  return compiled;
}

/** V8 sets 10 GB of addresses aside for each instance, and a process may be allowed less. */
const NO_ADDRESSES =
  "There is no memory for the core. If the addresses of this process are limited (ulimit -v, some hosting and batch " +
  "systems), use Node.js 24 or later, or set NODE_OPTIONS=--disable-wasm-trap-handler.";

/**
 * Instantiates at once: the module is small and compiled already.
 *
 * @param random keys the core's hash tables, with the 53 bits of a number in [0, 1)
 * @throws PersistenceError `out_of_memory`
 */
export function instantiate(
  module: CoreModule,
  imports: CoreImports,
  { maxBytes, lockTimeoutMs }: Limits,
  random: () => number,
): CoreExports {
  const { Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly; // it has made the module
  let core: CoreExports;
  try {
    core = new Instance(module, imports).exports as CoreExports;
  } catch (cause) {
    throw cause instanceof RangeError ? new PersistenceError("out_of_memory", NO_ADDRESSES, { cause }) : cause;
  }
  const version = core.abi_version();
  if (version !== ABI_VERSION) throw new Error(`The core speaks ABI ${version}, this package ABI ${ABI_VERSION}.`);
  core.configure(maxBytes, lockTimeoutMs, BigInt(Math.floor(random() * 2 ** 53)));
  return core;
}
