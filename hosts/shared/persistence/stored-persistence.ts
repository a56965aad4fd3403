import type { Awaitable, Capabilities, Cipher, Store, StoredContent } from "../core/capabilities.ts";
import { PersistenceError, PersistenceNotFound } from "../errors/persistence-error.ts";
import type { StatusName } from "../errors/status.ts";
import { toPersistenceError } from "../errors/thrown.ts";
import { isLocalFileSystem } from "../files/local-file-system.ts";
import type { FileStoreOptions } from "../files/store.ts";
import { Logger, type LoggerOptions, logTo } from "../logger.ts";
import { host } from "../runtime/host.ts";
import { asBytes } from "../values/as-bytes.ts";
import { BasePersistence } from "./base-persistence.ts";
import { absoluteLocation, connectFile, prepareFolder } from "./file-capabilities.ts";
import { holdsNothing } from "./nothing-saved.ts";
import { CORE_LINK, type CoreLink, type LinkedPersistence } from "./persistence.ts";
import { emptyWhereNothing, keepUndecryptable, standsForNothing } from "./recovery.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The time of a secret store's item that has lost its file. */
const UNKNOWN = 0n;

/** Pauses between looks for a file that may be just being replaced. */
const REPLACED_WITHIN_MS = [5, 10, 20];

/** What a kind of persistence consists of. */
export interface PersistenceParts {
  readonly location: string;
  readonly loggerOptions?: LoggerOptions | undefined;
  readonly fileOptions?: FileStoreOptions;
  /** What is different from a plain file: the store, the cipher. */
  readonly adapt?: (file: Capabilities) => Capabilities;
}

/** A store with a cipher or without one. Any text can be kept in it; it need not be a token cache. */
export abstract class StoredPersistence extends BasePersistence implements LinkedPersistence {
  readonly #location: string;
  readonly #logger: Logger;
  protected readonly loggerOptions: LoggerOptions | undefined;
  readonly #fileOptions: FileStoreOptions | undefined;
  readonly #adapt: (file: Capabilities) => Capabilities;
  readonly #capabilities: Capabilities;

  protected constructor({ location, loggerOptions, fileOptions, adapt = (file) => file }: PersistenceParts) {
    super();
    this.#location = absoluteLocation(location);
    this.#logger = new Logger(loggerOptions);
    this.loggerOptions = loggerOptions;
    this.#fileOptions = fileOptions;
    this.#adapt = adapt;
    this.#capabilities = this.#connect();
  }

  get #store(): Store {
    return this.#capabilities.store;
  }

  get #cipher(): Cipher | undefined {
    return this.#capabilities.cipher;
  }

  /**
   * Replaces what is stored, all or nothing, without taking the lock. To change what is stored depending on what it is,
   * use `TokenCacheStore.update` for a token cache, or hold a `CrossPlatformLock` on `<location>.lockfile` meanwhile.
   * What is stored and cannot be decrypted is set aside first.
   *
   * @throws PersistenceError with the code of what the operating system refused, `bad_argument` for what is no text: a
   *   promise would be "[object Promise]", and what `load` gives where there is nothing "null"
   */
  async save(contents: string): Promise<void> {
    if (typeof contents !== "string") throw new PersistenceError("bad_argument", "What is saved must be text.");
    const bytes = encoder.encode(contents);
    await this.saveBuffer(bytes);
    bytes.fill(0);
  }

  /** As `save`, for bytes. */
  async saveBuffer(contents: Uint8Array): Promise<void> {
    const bytes = asBytes(contents);
    // A promise has no length: nothing would be left.
    if (bytes === undefined) throw new PersistenceError("bad_argument", "What is saved must be a Uint8Array.");
    const cipher = this.#cipher;
    await this.#attempt(async () => {
      if (cipher !== undefined) await keepUndecryptable(this.#capabilities, bytes); // Before a new key may be made.
      await this.#store.replace(cipher ? await attemptCipher("protect_failed", () => cipher.protect(bytes)) : bytes);
      await this.#store.settle();
    });
  }

  /**
   * What is stored, as text; `null` when nothing has been saved. Where it is encrypted that includes an empty file, one
   * of white space or NULs, and `{}`. Peers make the first before they save, a power cut may leave the second, and the
   * third is there where a secret store keeps the cache.
   *
   * @throws PersistenceError `json_bad_utf8` when it is not UTF-8: decoding it anyway would damage it when saved again
   */
  async load(): Promise<string | null> {
    const content = await this.#attempt(() => this.#read());
    if (content === undefined) return null;
    try {
      return decoder.decode(content);
    } catch (cause) {
      throw new PersistenceError("json_bad_utf8", `${this.#location} is not UTF-8 text.`, {
        location: this.#location,
        cause,
      });
    }
  }

  /**
   * What is stored, as bytes of any kind.
   *
   * @throws PersistenceNotFound when nothing has been saved
   */
  async loadBuffer(): Promise<Uint8Array> {
    const content = await this.#attempt(() => this.#read());
    if (content === undefined) throw new PersistenceNotFound(this.#location);
    return content;
  }

  /** @returns false when there was no file */
  async delete(): Promise<boolean> {
    const removed = await this.#attempt(async () => {
      const wasThere = await this.#store.remove();
      await this.#store.settle();
      return wasThere;
    });
    if (!removed) this.#logger.warning("There is no cache file, so it could not be deleted.");
    return removed;
  }

  /**
   * Was the file written at `lastSync` (milliseconds since the epoch) or later? For applications that ask. This package
   * compares versions instead: clocks are set back, and two writes can carry the same time. Where nobody knows, yes.
   */
  async reloadNecessary(lastSync: number): Promise<boolean> {
    const version = await this.#attempt(() => this.#store.stat());
    if (version === undefined) return false;
    // A microsecond more: the time of a file has nanoseconds, and `lastSync` may have been rounded.
    return version.mtimeNs === UNKNOWN || !(lastSync > milliseconds(version.mtimeNs + 1000n));
  }

  /**
   * When the file was last written, in milliseconds since the epoch.
   *
   * @throws PersistenceNotFound when there is no file
   */
  async timeLastModified(): Promise<number> {
    const version = await this.#attempt(() => this.#store.stat());
    if (version === undefined || version.mtimeNs === UNKNOWN) throw new PersistenceNotFound(this.#location);
    return milliseconds(version.mtimeNs);
  }

  /** The path, absolute, with `~` expanded. */
  getFilePath(): string {
    return this.#location;
  }

  /** The same as `getFilePath`, under Python's name. */
  getLocation(): string {
    return this.#location;
  }

  getLogger(): Logger {
    return this.#logger;
  }

  [CORE_LINK](): CoreLink {
    return { module: () => host().module(), capabilities: emptyWhereNothing(this.#connect()) };
  }

  /**
   * Creates the folder if it is missing, makes a file that is there private, and logs what
   * others could read or can replace.
   */
  protected async prepare(): Promise<void> {
    await this.#attempt(() => prepareFolder(this.#location, logTo(this.#logger)));
  }

  #connect(): Capabilities {
    return this.#adapt(connectFile(this.#location, logTo(this.#logger), this.#fileOptions));
  }

  async #read(): Promise<Uint8Array | undefined> {
    const stored = (await this.#store.read()) ?? (await this.#readLater());
    const cipher = this.#cipher;
    if (stored === undefined || cipher === undefined) return stored?.content;
    if (holdsNothing(stored.content)) return undefined;
    const content = await attemptCipher("unprotect_failed", () => cipher.unprotect(stored.content));
    return standsForNothing(content) ? undefined : content;
  }

  /**
   * Where a file is not replaced in one step (core-wasm/assembly/session/absence.ts) it is not there for a moment. Who
   * saves here need hold no lock, so that says nothing.
   */
  async #readLater(): Promise<StoredContent | undefined> {
    const { runtime } = host();
    const { clock, paths, platform } = runtime;
    if (platform !== "linux" || isLocalFileSystem(runtime, paths.dirname(this.#location))) return undefined;
    for (const ms of REPLACED_WITHIN_MS) {
      await clock.sleep(ms);
      const stored = await this.#store.read();
      if (stored !== undefined) return stored;
    }
    return undefined;
  }

  async #attempt<T>(operation: () => T | Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      throw toPersistenceError(error, this.#location);
    }
  }
}

/** An error of a cipher that says nothing about itself. */
async function attemptCipher(code: StatusName, operation: () => Awaitable<Uint8Array>): Promise<Uint8Array> {
  try {
    return await operation();
  } catch (cause) {
    throw cause instanceof PersistenceError ? cause : new PersistenceError(code, undefined, { cause });
  }
}

function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds / 1000n) / 1000;
}
