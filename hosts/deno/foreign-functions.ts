import process from "node:process";
import { type CLibrary, cLibraryOf } from "../shared/runtime/c-library.ts";
import type {
  ForeignFunctions,
  ForeignSignature,
  ForeignType,
  ForeignValue,
} from "../shared/runtime/foreign-functions.ts";
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

const encoder = new TextEncoder();

/** Wants `--allow-ffi`; throws without. */
export function foreignFunctions(): ForeignFunctions {
  const library = cLibraryOf(process.platform);
  const errnoLocation = library && findErrno(library);
  const toC = (value: ForeignValue) => (typeof value === "string" ? encoder.encode(`${value}\0`) : value);
  return {
    open(name, signatures) {
      const described = Object.entries<ForeignSignature>(signatures).map(([symbol, signature]) => {
        const { parameters, result, nonblocking = false } = signature;
        return [symbol, { parameters: parameters.map((type) => TYPES[type]), result: TYPES[result], nonblocking }];
      });
      const { symbols } = deno.dlopen(name ?? library!.name, Object.fromEntries(described));
      const wrapped = Object.entries(symbols).map(([symbol, call]) => [
        symbol,
        (...values: ForeignValue[]) => call(...values.map(toC)),
      ]);
      return Object.fromEntries(wrapped);
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
