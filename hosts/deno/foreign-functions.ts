import process from "node:process";
import { type CLibrary, cLibraryOf, takingText } from "../shared/runtime/c-library.ts";
import type { ForeignFunctions, ForeignSignature, ForeignType } from "../shared/runtime/foreign-functions.ts";
import { deno } from "./deno.ts";

const TYPES: Readonly<Record<ForeignType, string>> = {
  void: "void",
  i32: "i32",
  u32: "u32",
  i64: "i64",
  u64: "u64",
  pointer: "pointer",
  buffer: "buffer",
  string: "buffer",
};

/** Wants `--allow-ffi`; throws without. */
export function foreignFunctions(): ForeignFunctions {
  const library = cLibraryOf(process.platform);
  const errnoLocation = library && findErrno(library);
  return {
    open(name, signatures) {
      const described = Object.entries<ForeignSignature>(signatures).map(([symbol, signature]) => {
        const { parameters, result, nonblocking = false } = signature;
        return [symbol, { parameters: parameters.map((type) => TYPES[type]), result: TYPES[result], nonblocking }];
      });
      const { symbols } = deno.dlopen(name ?? library!.name, Object.fromEntries(described));
      return takingText(symbols);
    },
    blocks: false,
    errno: () => new deno.UnsafePointerView(errnoLocation!()).getInt32(0),
    readBytes: (pointer, length) =>
      new Uint8Array(new deno.UnsafePointerView(addressOf(pointer)).getArrayBuffer(length)).slice(),
  };
}

function findErrno({ name, errnoLocation }: CLibrary): (() => unknown) | undefined {
  const { symbols } = deno.dlopen(name, { [errnoLocation]: { parameters: [], result: "pointer" } });
  return symbols[errnoLocation];
}

function addressOf(pointer: unknown): unknown {
  return typeof pointer === "bigint" ? deno.UnsafePointer.create(pointer) : pointer;
}
