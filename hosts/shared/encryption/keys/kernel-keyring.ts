import { PersistenceError } from "../../errors/persistence-error.ts";
import type { ForeignFunctions, ForeignType, ForeignValue } from "../../runtime/foreign-functions.ts";
import { type ContentKey, KEY_BYTES, type KeySource } from "../ciphers/jwe-cipher.ts";
import { NO_NATIVE_CALLS, storeUnavailable } from "../store-unavailable.ts";

/** add_key(2) and keyctl(2) by number: glibc has no functions for them, and libkeyutils need not be there. */
const SYSTEM_CALLS: Readonly<Record<string, { readonly addKey: number; readonly keyctl: number }>> = {
  x64: { addKey: 248, keyctl: 250 },
  arm64: { addKey: 217, keyctl: 219 },
  riscv64: { addKey: 217, keyctl: 219 },
  loong64: { addKey: 217, keyctl: 219 },
};

/** Each thread's own: of two threads, `add_key` into the process's keyring would change the key of the other. */
const THREAD_KEYRING = -1;
const PROCESS_KEYRING = -2;
const USER_KEYRING = -4;
const GET_KEYRING_ID = 0;
const LINK = 8;
const UNLINK = 9;
const SEARCH = 10;
const READ = 11;
const GET_PERSISTENT = 22;
const MOVE = 30;
const MOVE_EXCL = 1;

const EEXIST = 17;
const ENOENT = 2;
/** ENOKEY, EKEYEXPIRED, EKEYREVOKED */
const GONE = [ENOENT, 126, 127, 128];

/** One function of C, in as many shapes as it is called in. */
const NUMBERS = ["i64", "i64", "i64", "i64", "i64", "i64"] as const;
const SEARCHING = ["i64", "i64", "i64", "string", "string", "i64"] as const;
const ADDING = ["i64", "string", "string", "buffer", "i64", "i64"] as const;
const READING = ["i64", "i64", "i64", "buffer", "i64", "i64"] as const;

interface Kernel {
  readonly numbers: (...values: ForeignValue[]) => number;
  readonly search: (...values: ForeignValue[]) => number;
  readonly add: (...values: ForeignValue[]) => number;
  readonly read: (...values: ForeignValue[]) => number;
  readonly errno: () => number;
  readonly calls: { readonly addKey: number; readonly keyctl: number };
}

/** What a keyring needs of the host. */
export interface KeyringHost {
  readonly runtime: { readonly platform: string };
  /** As Node's `process.arch`. */
  readonly architecture: string;
  foreignFunctions(): ForeignFunctions;
}

/**
 * Bound once for each host: on Node what is bound stays as long as the process. When it was bound for each keyring,
 * each took 95 KB and 3 of the process's 65,530 mappings.
 */
const kernels = new WeakMap<KeyringHost, Kernel>();

/**
 * A key of type `user` in the kernel's memory, in the persistent keyring of the user where the kernel has those (kept
 * for days after the last log-out) and the user keyring otherwise: where Go's azidentity/cache keeps its own. It is
 * gone after a reboot. No call blocks.
 */
export class KernelKeyring implements KeySource {
  readonly #host: KeyringHost;
  readonly #description: string;
  #ring: number | undefined;

  constructor(host: KeyringHost, description: string) {
    this.#host = host;
    this.#description = description;
  }

  forProtecting(): ContentKey {
    return this.forUnprotecting() ?? this.#create();
  }

  forUnprotecting(): ContentKey | undefined {
    const { search, calls } = this.#connect();
    const key = search(calls.keyctl, SEARCH, this.#ring!, "user", this.#description, 0);
    if (key < 0) return this.#unlessGone("keyctl_search");
    return this.#read(key);
  }

  /** @returns false when there was no key */
  remove(): boolean {
    const { numbers, calls } = this.#connect();
    const key = this.forUnprotecting();
    if (key === undefined) return false;
    return numbers(calls.keyctl, UNLINK, Number(key.id), this.#ring!, 0, 0) === 0;
  }

  #read(key: number): ContentKey | undefined {
    const { read, calls } = this.#kernel;
    // Go's keys end with a byte of zero.
    const payload = new Uint8Array(KEY_BYTES + 1);
    const length = read(calls.keyctl, READ, key, payload, payload.length, 0);
    if (length < 0) return this.#unlessGone("keyctl_read");
    if (length !== KEY_BYTES && length !== KEY_BYTES + 1) throw new PersistenceError("bad_key");
    return { bytes: payload.subarray(0, KEY_BYTES), id: String(key) };
  }

  /** Made aside and moved in: of two processes that do so at once, one finds the key of the other. */
  #create(): ContentKey {
    const { add, numbers, errno, calls } = this.#kernel;
    const payload = new Uint8Array(KEY_BYTES + 1);
    crypto.getRandomValues(payload.subarray(0, KEY_BYTES));
    const key = add(calls.addKey, "user", this.#description, payload, payload.length, THREAD_KEYRING);
    if (key < 0) throw this.#unavailable("add_key");
    if (numbers(calls.keyctl, MOVE, key, THREAD_KEYRING, this.#ring!, MOVE_EXCL) === 0) {
      return { bytes: payload.subarray(0, KEY_BYTES), id: String(key) };
    }
    const reason = errno();
    // Linux before 5.3 cannot move keys: there the last of two wins, and the loser's next
    // read finds its file undecryptable.
    const linked = reason !== EEXIST && numbers(calls.keyctl, LINK, key, this.#ring!, 0, 0) === 0;
    numbers(calls.keyctl, UNLINK, key, THREAD_KEYRING, 0, 0);
    const found = linked || reason === EEXIST ? this.forUnprotecting() : undefined;
    if (found === undefined) throw this.#unavailable("keyctl_move");
    return found;
  }

  /**
   * Each time: the kernel ends a persistent keyring some days (`persistent_keyring_expiry`) after somebody has last
   * asked for it, however much its keys are used.
   */
  #connect(): Kernel {
    const kernel = this.#kernel;
    const { numbers, calls } = kernel;
    const user = numbers(calls.keyctl, GET_KEYRING_ID, USER_KEYRING, 1, 0, 0);
    if (user < 0) throw this.#unavailable("keyctl_get_keyring_ID");
    // A process may read only what it possesses, and a session that did not come from a log-in does not possess the
    // user keyring: searching it fails with EACCES. What is linked from the process's own keyring is possessed.
    numbers(calls.keyctl, LINK, user, PROCESS_KEYRING, 0, 0);
    const persistent = numbers(calls.keyctl, GET_PERSISTENT, -1, user, 0, 0);
    this.#ring = persistent < 0 ? user : persistent;
    return kernel;
  }

  get #kernel(): Kernel {
    const kernel = kernels.get(this.#host) ?? this.#load();
    kernels.set(this.#host, kernel);
    return kernel;
  }

  #load(): Kernel {
    const { runtime, architecture } = this.#host;
    const calls = runtime.platform === "linux" ? SYSTEM_CALLS[architecture] : undefined;
    if (calls === undefined) throw new PersistenceError("not_supported");
    try {
      const foreign = this.#host.foreignFunctions();
      const shaped = (parameters: readonly ForeignType[]) => {
        const { syscall } = foreign.open(null, { syscall: { parameters, result: "i64" } });
        return (...values: ForeignValue[]) => Number(syscall(...values));
      };
      return {
        numbers: shaped(NUMBERS),
        search: shaped(SEARCHING),
        add: shaped(ADDING),
        read: shaped(READING),
        errno: () => foreign.errno(),
        calls,
      };
    } catch (cause) {
      throw storeUnavailable(`The kernel keyring cannot be used: ${NO_NATIVE_CALLS}`, cause);
    }
  }

  #unlessGone(call: string): undefined {
    if (!GONE.includes(this.#kernel.errno())) throw this.#unavailable(call);
    return undefined;
  }

  #unavailable(call: string): PersistenceError {
    const message =
      `The kernel keyring cannot be used: ${call} failed with errno ${this.#kernel.errno()}. ` +
      "Many containers forbid it; supply a key instead (FilePersistenceWithKey).";
    return new PersistenceError("secret_store_unavailable", message);
  }
}
