import type { ForeignLibrary, ForeignValue } from "./foreign-functions.ts";

/** The C library, for runtimes that must be told its name, and the function in it that says where `errno` is. */
export interface CLibrary {
  readonly name: string;
  readonly errnoLocation: string;
}

/** `undefined` on Windows: nothing of it is called there. */
export function cLibraryOf(platform: string): CLibrary | undefined {
  if (platform === "win32") return undefined;
  return platform === "darwin"
    ? { name: "libSystem.dylib", errnoLocation: "__error" }
    : { name: "libc.so.6", errnoLocation: "__errno_location" };
}

const encoder = new TextEncoder();
const toC = (value: ForeignValue) => (typeof value === "string" ? encoder.encode(`${value}\0`) : value);

/** The functions of a library, for runtimes that have no type for text: it is handed over as bytes. */
export function takingText<Signatures>(
  symbols: Readonly<Record<string, (...values: unknown[]) => unknown>>,
): ForeignLibrary<Signatures> {
  const functions = Object.entries(symbols).map(([symbol, call]) => [
    symbol,
    (...values: ForeignValue[]) => call(...values.map(toC)),
  ]);
  return Object.fromEntries(functions);
}
