import { PersistenceError } from "../../errors/persistence-error.ts";
import type { ForeignValue } from "../../runtime/foreign-functions.ts";
import { SerialQueue } from "../../values/serial-queue.ts";
import {
  type Blocking,
  type LibSecretFunctions,
  type LibSecretHost,
  libSecretFunctions,
} from "./libsecret-functions.ts";

/**
 * The service may be asking the user to unlock a collection meanwhile. D-Bus itself would
 * wait 25 s, and a prompt for ever.
 */
const PATIENCE_MS = 20_000;
/**
 * Cancelled, a call returns at once, unless it has asked the user: then when the service says that
 * it has dismissed the question.
 */
const GRACE_MS = 2_000;
const UNANSWERED =
  "The Secret Service asks for a collection to be unlocked, and has no answer. Unlock it, then try again.";
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

/** Calls that have been cancelled and do not return. */
const overdue = new Set<Promise<unknown>>();
const questions = new SerialQueue();

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
   * Where a call blocks, nothing could end one that waits for the user. And one that never returns keeps a thread, of
   * which Node has four for everything: no other is put at that risk.
   */
  get mayAsk(): boolean {
    return !this.functions().blocks && overdue.size === 0;
  }

  /**
   * What may ask the user, one after the other: who comes while the first is not answered then sees `mayAsk`.
   *
   * @param work goes on where nobody waits for it any more: it frees itself what it uses
   */
  asking<T>(work: () => Promise<T>): Promise<T> {
    return questions.run(() => withinPatience(work()));
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
    const used = [values, outputs, error];
    const timer = setTimeout(() => functions.g_cancellable_cancel(cancellable), PATIENCE_MS);
    try {
      const value = await functions[name](...values, cancellable, ...outputs, error);
      this.#throwIf(addressIn(error));
      return address(value);
    } finally {
      used.length = 0; // until here C has the addresses of what is in it
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

async function withinPatience<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const end = work.catch(() => undefined).finally(() => overdue.delete(end)); // nobody waits for it any more
      overdue.add(end);
      reject(new PersistenceError("secret_store_locked", UNANSWERED));
    }, PATIENCE_MS + GRACE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
