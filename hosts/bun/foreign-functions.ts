import { createRequire } from "node:module";
import { type CLibrary, cLibraryOf, takingText } from "../shared/runtime/c-library.ts";
import type { ForeignFunctions, ForeignSignature, ForeignType } from "../shared/runtime/foreign-functions.ts";

/** The part of `bun:ffi` that is used. */
interface BunFfi {
  dlopen(
    library: string,
    symbols: Record<string, { args: string[]; returns: string }>,
  ): { symbols: Record<string, (...values: unknown[]) => unknown> };
  ptr(bytes: Uint8Array): number;
  toArrayBuffer(pointer: unknown, offset: number, length: number): ArrayBuffer;
  read: { i32(pointer: unknown, offset: number): number };
}

const TYPES: Readonly<Record<ForeignType, string>> = {
  void: "void",
  i32: "i32",
  u32: "u32",
  i64: "i64",
  u64: "u64",
  pointer: "ptr",
  buffer: "ptr",
  string: "ptr",
};

/** Throws where Bun was built without it. */
export function foreignFunctions(): ForeignFunctions {
  const ffi = createRequire(import.meta.url)("bun:ffi") as BunFfi;
  const library = cLibraryOf(process.platform);
  const errnoLocation = library && findErrno(ffi, library);
  return {
    open(name, signatures) {
      const described = Object.entries<ForeignSignature>(signatures).map(([symbol, { parameters, result }]) => {
        return [symbol, { args: parameters.map((type) => TYPES[type]), returns: TYPES[result] }];
      });
      const { symbols } = ffi.dlopen(name ?? library!.name, Object.fromEntries(described));
      return takingText(symbols);
    },
    blocks: true,
    errno: () => ffi.read.i32(errnoLocation!(), 0),
    readBytes(pointer, length) {
      if (length === 0) return new Uint8Array(); // of which Bun 1.4 makes a TypeError
      return new Uint8Array(ffi.toArrayBuffer(Number(pointer), 0, length)).slice();
    },
  };
}

function findErrno(ffi: BunFfi, { name, errnoLocation }: CLibrary): (() => unknown) | undefined {
  return ffi.dlopen(name, { [errnoLocation]: { args: [], returns: "ptr" } }).symbols[errnoLocation];
}
