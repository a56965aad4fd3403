import type { Cipher } from "../../core/capabilities.ts";
import { PersistenceError } from "../../errors/persistence-error.ts";
import type { StatusName } from "../../errors/status.ts";
import type { ForeignFunctions, ForeignLibrary, ForeignSignature } from "../../runtime/foreign-functions.ts";
import { NO_NATIVE_CALLS, storeUnavailable } from "../store-unavailable.ts";
import { refusePlainText } from "./jwe-cipher.ts";

/** Never a dialogue: there may be nobody to see it. */
const UI_FORBIDDEN = 1;
const LOCAL_MACHINE = 4;
/** `DATA_BLOB` of a 64-bit process: a length, 4 bytes of padding, an address. */
const BLOB_SIZE = 16;
const ADDRESS = 8;

const BLOBS = ["buffer", "u64", "buffer", "u64", "u64", "u32", "buffer"] as const;
const CRYPT32 = {
  CryptProtectData: { parameters: BLOBS, result: "i32" },
  CryptUnprotectData: { parameters: BLOBS, result: "i32" },
} as const satisfies Record<string, ForeignSignature>;
const KERNEL32 = {
  GetLastError: { parameters: [], result: "u32" },
  LocalAlloc: { parameters: ["u32", "u64"], result: "u64" },
  LocalFree: { parameters: ["u64"], result: "u64" },
  RtlMoveMemory: { parameters: ["u64", "buffer", "u64"], result: "void" },
} as const satisfies Record<string, ForeignSignature>;

/**
 * What passes: memory and resources are short (8, 14, 1450), the machine shuts down (1115), the service that has the
 * keys is not there or does not answer (1722 to 1727, 1753). Such a blob is not given up.
 */
const PASSING: readonly number[] = [8, 14, 1115, 1450, 1722, 1723, 1726, 1727, 1753];

export interface DpapiHost {
  readonly runtime: { readonly platform: string };
  foreignFunctions(): ForeignFunctions;
}

interface Libraries {
  readonly foreign: ForeignFunctions;
  readonly crypt32: ForeignLibrary<typeof CRYPT32>;
  readonly kernel32: ForeignLibrary<typeof KERNEL32>;
}

/** Bound once for each host: on Node that stays for as long as the process (kernel-keyring.ts). */
const bound = new WeakMap<DpapiHost, Libraries>();

function librariesOf(host: DpapiHost): Libraries {
  const libraries = bound.get(host) ?? bind(host.foreignFunctions());
  bound.set(host, libraries);
  return libraries;
}

function bind(foreign: ForeignFunctions): Libraries {
  const crypt32 = foreign.open("crypt32.dll", CRYPT32);
  return { foreign, crypt32, kernel32: foreign.open("kernel32.dll", KERNEL32) };
}

/** Windows' own encryption for a user, or for everybody on the machine. The blob is what the peers' files hold. */
export function createDpapiCipher(host: DpapiHost, machine: boolean, entropy: string | undefined): Cipher {
  function load(): Libraries {
    if (host.runtime.platform !== "win32") throw new PersistenceError("not_supported", "DPAPI is a part of Windows.");
    try {
      return librariesOf(host);
    } catch (cause) {
      throw storeUnavailable(`DPAPI cannot be used: ${NO_NATIVE_CALLS}`, cause);
    }
  }

  function convert(name: keyof typeof CRYPT32, content: Uint8Array): Uint8Array {
    const libraries = load();
    const { crypt32, kernel32 } = libraries;
    const input = new NativeBlob(kernel32, content);
    const secret = new NativeBlob(kernel32, new TextEncoder().encode(entropy ?? ""));
    const output = new Uint8Array(BLOB_SIZE);
    try {
      const flags = UI_FORBIDDEN | (machine ? LOCAL_MACHINE : 0);
      // Empty entropy is none, as in the peers.
      if (!crypt32[name](input.blob, 0n, entropy ? secret.blob : null, 0n, 0n, flags, output)) {
        const error = Number(kernel32.GetLastError());
        throw new PersistenceError(codeFor(name, error), `${name} failed with Windows error ${error}.`);
      }
      return taken(libraries, output);
    } finally {
      input.free();
      secret.free();
    }
  }

  return {
    protect: (content) => convert("CryptProtectData", content),
    unprotect(content) {
      if (content.length === 0) throw new PersistenceError("unprotect_failed", "An empty file is no DPAPI blob.");
      refusePlainText(content);
      return convert("CryptUnprotectData", content);
    },
  };
}

function codeFor(name: keyof typeof CRYPT32, error: number): StatusName {
  if (name === "CryptProtectData") return "protect_failed";
  return PASSING.includes(error) ? "key_unavailable" : "unprotect_failed";
}

/** A copy of what the function allocated, which is wiped and given back. */
function taken({ foreign, kernel32 }: Libraries, output: Uint8Array<ArrayBuffer>): Uint8Array {
  const view = new DataView(output.buffer);
  const [length, address] = [view.getUint32(0, true), view.getBigUint64(ADDRESS, true)];
  const bytes = foreign.readBytes(address, length);
  kernel32.RtlMoveMemory(address, new Uint8Array(length), length);
  kernel32.LocalFree(address);
  return bytes;
}

/** Bytes in memory of the system's, so that a structure can hold their address; wiped when freed. */
class NativeBlob {
  readonly blob = new Uint8Array(BLOB_SIZE);
  readonly #kernel32: Libraries["kernel32"];
  readonly #address: bigint;
  readonly #length: number;

  constructor(kernel32: Libraries["kernel32"], bytes: Uint8Array) {
    this.#kernel32 = kernel32;
    this.#length = bytes.length;
    this.#address = BigInt(kernel32.LocalAlloc(0, bytes.length + 1) as number | bigint);
    if (this.#address === 0n) throw new PersistenceError("out_of_memory");
    if (bytes.length > 0) kernel32.RtlMoveMemory(this.#address, bytes, bytes.length);
    const view = new DataView(this.blob.buffer);
    view.setUint32(0, bytes.length, true);
    view.setBigUint64(ADDRESS, this.#address, true);
  }

  free(): void {
    if (this.#length > 0) this.#kernel32.RtlMoveMemory(this.#address, new Uint8Array(this.#length), this.#length);
    this.#kernel32.LocalFree(this.#address);
  }
}
