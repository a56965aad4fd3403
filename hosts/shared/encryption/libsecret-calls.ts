import { PersistenceError } from "../errors.ts";
import type { ForeignValue } from "../foreign-functions.ts";
import {
  type Blocking,
  type LibSecretFunctions,
  type LibSecretHost,
  libSecretFunctions,
} from "./libsecret-functions.ts";

/** The service may be asking the user to unlock a collection meanwhile. D-Bus itself would wait 25 s, and a prompt for ever. */
const PATIENCE_MS = 20_000;
const GERROR_SIZE = 16;
export const POINTER_SIZE = 8;
const SECRET_ERROR = "secret-error";
const ERROR_IS_LOCKED = 2;
const IO_ERROR = "g-io-error-quark";
const ERROR_CANCELLED = 19;
export const NULL = 0n;

/** A `GError`. */
export class ServiceFailure extends Error {
  readonly domain: string;
  readonly code: number;

  constructor(domain: string, code: number, reason: string) {
    super(reason);
    this.domain = domain;
    this.code = code;
  }

  /** Neither the service's answer nor our own doing: it may be gone, or another one. */
  get mayBeGone(): boolean {
    const isOurs = this.domain === IO_ERROR && this.code === ERROR_CANCELLED;
    return this.domain !== SECRET_ERROR && !isOurs;
  }

  toPersistenceError(): PersistenceError {
    const isLocked = this.domain === SECRET_ERROR && this.code === ERROR_IS_LOCKED;
    const status = isLocked ? "secret_store_locked" : "secret_store_unavailable";
    const message = `The Secret Service cannot be used: ${this.message} (${this.domain} ${this.code})`;
    return new PersistenceError(status, message);
  }
}

/** Runtimes return 64 bits as a number where it fits. */
export function address(value: unknown): bigint {
  return BigInt(value as number | bigint);
}

export function addressIn(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
}

/** Calls of libsecret, on a thread of their own. */
export class LibSecretCalls {
  readonly #host: LibSecretHost;

  constructor(host: LibSecretHost) {
    this.#host = host;
  }

  functions(): LibSecretFunctions {
    return libSecretFunctions(this.#host);
  }

  /**
   * @param outputs behind the cancellable, in front of the error
   * @throws ServiceFailure
   */
  async attempt(
    name: Blocking,
    values: readonly ForeignValue[],
    outputs: readonly ForeignValue[] = [],
  ): Promise<bigint> {
    const functions = this.functions();
    const cancellable = address(functions.g_cancellable_new());
    const error = new Uint8Array(POINTER_SIZE);
    const timer = setTimeout(() => functions.g_cancellable_cancel(cancellable), PATIENCE_MS);
    try {
      const value = await functions[name](...values, cancellable, ...outputs, error);
      this.#throwIf(addressIn(error));
      return address(value);
    } finally {
      clearTimeout(timer);
      functions.g_object_unref(cancellable);
    }
  }

  #throwIf(error: bigint): void {
    if (error === NULL) return;
    const { readBytes, g_quark_to_string, g_error_free } = this.functions();
    const fields = new DataView(readBytes(error, GERROR_SIZE).buffer);
    const domain = this.textAt(address(g_quark_to_string(fields.getUint32(0, true))));
    const reason = this.textAt(fields.getBigUint64(8, true));
    g_error_free(error);
    throw new ServiceFailure(domain, fields.getInt32(4, true), reason);
  }

  /** Those of a list that ends with a null pointer, which is freed. */
  takeTexts(list: bigint): string[] {
    const { readBytes, g_strfreev } = this.functions();
    const texts: string[] = [];
    for (let at = list; ; at += BigInt(POINTER_SIZE)) {
      const text = addressIn(readBytes(at, POINTER_SIZE));
      if (text === NULL) break;
      texts.push(this.textAt(text));
    }
    g_strfreev(list);
    return texts;
  }

  textAt(at: bigint): string {
    const { strlen, readBytes } = this.functions();
    return new TextDecoder().decode(readBytes(at, Number(strlen(at))));
  }
}
