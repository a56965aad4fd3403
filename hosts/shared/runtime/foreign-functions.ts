/**
 * C functions as the three runtimes call them: koffi on Node, `Deno.dlopen`, `bun:ffi`. `buffer` is a
 * `Uint8Array` that the function may read and write during the call, `pointer` an address (`null`: none),
 * `string` UTF-8 that ends with a zero byte.
 */
export type ForeignType = "void" | "i32" | "u32" | "i64" | "u64" | "pointer" | "buffer" | "string";

export interface ForeignSignature {
  readonly parameters: readonly ForeignType[];
  readonly result: Exclude<ForeignType, "buffer" | "string">;
  /**
   * From this parameter on the arguments are variable. Deno and Bun cannot say so; where that matters (arm64
   * of Apple) they must not call it.
   */
  readonly variableFrom?: number;
  /** Returns a promise: the call may take long, and runs on another thread. Bun cannot do that and blocks. */
  readonly nonblocking?: boolean;
}

/** An address as the runtime has it. Opaque. */
export type ForeignPointer = unknown;

export type ForeignValue = number | bigint | string | Uint8Array | null | ForeignPointer;

export type ForeignLibrary<Signatures> = {
  readonly [Name in keyof Signatures]: (...values: ForeignValue[]) => ForeignValue;
};

export interface ForeignFunctions {
  /**
   * `null`: the process itself, which has the C library. Throws where the library, or one of the functions, is missing.
   */
  open<const Signatures extends Record<string, ForeignSignature>>(
    library: string | null,
    signatures: Signatures,
  ): ForeignLibrary<Signatures>;
  /** `errno` after the latest call. */
  errno(): number;
  /** `nonblocking` calls block all the same, and no timer fires meanwhile. */
  readonly blocks: boolean;
  /** A copy of the memory at an address, which may be a `u64`. */
  readBytes(pointer: ForeignPointer, length: number): Uint8Array;
}
