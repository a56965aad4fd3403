import type {
  ForeignFunctions,
  ForeignSignature,
  ForeignType,
  ForeignValue,
} from "../shared/runtime/foreign-functions.ts";
import { type Koffi, loadKoffi, type NativeFunction } from "./koffi.ts";
import { thisFile } from "./this-file.ts";

const TYPES: Readonly<Record<ForeignType, string>> = {
  void: "void",
  i32: "int32_t",
  u32: "uint32_t",
  i64: "int64_t",
  u64: "uint64_t",
  pointer: "void *",
  buffer: "void *",
  string: "const char *",
};

/** Throws where koffi is not installed, or not built for this platform. */
export function foreignFunctions(): ForeignFunctions {
  const koffi = loadKoffi(thisFile());
  return {
    open(name, signatures) {
      const library = koffi.load(name);
      const bind = ([symbol, signature]: [string, ForeignSignature]) => [symbol, bound(library, symbol, signature)];
      return Object.fromEntries(Object.entries<ForeignSignature>(signatures).map(bind));
    },
    blocks: false,
    errno: () => koffi.errno(),
    readBytes: (pointer, length) => koffi.decode(pointer, "uint8_t", length),
  };
}

function bound(library: ReturnType<Koffi["load"]>, symbol: string, signature: ForeignSignature) {
  const types = signature.parameters.map((type) => TYPES[type]);
  const { variableFrom } = signature;
  if (signature.nonblocking) return nonblocking(library.func(symbol, TYPES[signature.result], types));
  if (variableFrom === undefined) return library.func(symbol, TYPES[signature.result], types);
  const call = library.func(symbol, TYPES[signature.result], [...types.slice(0, variableFrom), "..."]);
  return (...values: ForeignValue[]) =>
    call(...values.flatMap((value, index) => (index < variableFrom ? [value] : [types[index], value])));
}

function nonblocking(call: NativeFunction) {
  return (...values: ForeignValue[]) =>
    new Promise<ForeignValue>((resolve, reject) => {
      call.async(...values, (error: unknown, value: ForeignValue) => (error ? reject(error) : resolve(value)));
    });
}
