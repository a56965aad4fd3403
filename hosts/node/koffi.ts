import { builtIn } from "./built-in.ts";

export interface NativeFunction {
  (...values: unknown[]): unknown;
  async(...values: unknown[]): void;
}

/** The part of koffi that is used. It is an optional dependency, so its own types may be missing. */
export interface Koffi {
  load(library: string | null): {
    func(name: string, result: string, parameters: readonly string[]): NativeFunction;
  };
  errno(): number;
  decode(pointer: unknown, type: string, length: number): Uint8Array;
}

/**
 * @param from URL or path of the module for which it is found
 * @throws where koffi is not installed, or not built for this platform
 */
export function loadKoffi(from: string): Koffi {
  return loadBinary(from) ?? builtIn("node:module").createRequire(from)("koffi");
}

/**
 * koffi's binary without the modules that choose it and put warnings about old names around it. With them,
 * and with Node's search for them, it takes a fresh process of Node 20 6.4 ms, this 1.1: what is saved was
 * a quarter of the first commit.
 *
 * @returns `undefined` where the choice takes more than two names (musl, some processors), or koffi lies elsewhere than
 *   npm, pnpm and koffi itself expect
 */
export function loadBinary(from: string): Koffi | undefined {
  const { platform, arch } = process;
  const koffi = mayBeMusl() ? undefined : findPackage(from);
  if (koffi === undefined) return undefined;
  const loaded: { exports: Partial<Koffi> } = { exports: {} };
  try {
    process.dlopen(loaded, `${koffi}/../@koromix/koffi-${platform}-${arch}/${platform}_${arch}/koffi.node`);
  } catch {
    return undefined;
  }
  const { load, errno, decode } = loaded.exports;
  return load && errno && decode ? { load, errno, decode } : undefined;
}

/** Where Linux has other names for processors than Node. */
const MACHINES: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };

/** Both binaries are installed there, and the wrong one may end the process. */
function mayBeMusl(): boolean {
  const { platform, arch } = process;
  const machine = MACHINES[arch] ?? arch;
  return platform === "linux" && builtIn("node:fs").existsSync(`/lib/ld-musl-${machine}.so.1`);
}

/** Where koffi really is: pnpm has links. Asking Node takes 1.7 ms. */
function findPackage(from: string): string | undefined {
  const { dirname } = builtIn("node:path");
  const { realpathSync } = builtIn("node:fs");
  let folder = from.startsWith("file:") ? builtIn("node:url").fileURLToPath(from) : from;
  do {
    folder = dirname(folder);
    try {
      return realpathSync.native(`${folder}/node_modules/koffi`);
    } catch {
      // Not here; what is wrong elsewhere, the search of Node will tell.
    }
  } while (folder !== dirname(folder));
  return undefined;
}
