import { BasePersistence } from "./base-persistence.ts";
import type { Store } from "./capabilities.ts";
import { PersistenceError, PersistenceNotFound, toPersistenceError } from "./errors.ts";
import { connectFile, expandHome, freshNeighbour, prepareFolder } from "./file-capabilities.ts";
import { host } from "./host.ts";
import { Logger, type LoggerOptions, logTo } from "./logger.ts";
import { CORE_LINK, type CoreLink, type LinkedPersistence } from "./persistence.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A file, readable by its owner only, not encrypted. Any text can be kept in it; it need not be a token cache.
 */
export class FilePersistence extends BasePersistence implements LinkedPersistence {
  readonly isEncrypted: boolean = false;
  readonly #location: string;
  readonly #logger: Logger;
  readonly #loggerOptions: LoggerOptions | undefined;
  readonly #store: Store;

  protected constructor(fileLocation: string, loggerOptions?: LoggerOptions) {
    super();
    this.#location = expandHome(fileLocation);
    this.#logger = new Logger(loggerOptions);
    this.#loggerOptions = loggerOptions;
    this.#store = this.#connect().store;
  }

  /**
   * Creates the folder (0700) if it is missing. A file that is there is made private (0600), its content is not touched.
   *
   * @param fileLocation `~` stands for the user's home folder
   * @throws PersistenceError with the code of what the operating system refused
   */
  static async create(fileLocation: string, loggerOptions?: LoggerOptions): Promise<FilePersistence> {
    const persistence = new FilePersistence(fileLocation, loggerOptions);
    await persistence.prepare();
    return persistence;
  }

  /**
   * Replaces what is stored, all or nothing, without taking the lock. To change what is stored depending on what it is,
   * use `TokenCacheStore.update` for a token cache, or hold a `CrossPlatformLock` on `<location>.lockfile` meanwhile.
   *
   * @throws PersistenceError with the code of what the operating system refused
   */
  async save(contents: string): Promise<void> {
    await this.saveBuffer(encoder.encode(contents));
  }

  /** As `save`, for bytes. */
  async saveBuffer(contents: Uint8Array): Promise<void> {
    await this.#attempt(() => this.#store.replace(contents));
  }

  /**
   * What is stored, as text; `null` when nothing has been saved.
   *
   * @throws PersistenceError `json_bad_utf8` when it is not UTF-8: decoding it anyway would damage it when saved again
   */
  async load(): Promise<string | null> {
    const stored = await this.#attempt(() => this.#store.read());
    if (stored === undefined) return null;
    try {
      return decoder.decode(stored.content);
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
    const stored = await this.#attempt(() => this.#store.read());
    if (stored === undefined) throw new PersistenceNotFound(this.#location);
    return stored.content;
  }

  /** @returns false when there was no file */
  async delete(): Promise<boolean> {
    const removed = await this.#attempt(() => this.#store.remove());
    if (!removed) this.#logger.warning("There is no cache file, so it could not be deleted.");
    return removed;
  }

  /**
   * Was the file written at `lastSync` (milliseconds since the epoch) or later? For applications that ask. This package
   * compares versions instead: clocks are set back, and two writes can carry the same time.
   */
  async reloadNecessary(lastSync: number): Promise<boolean> {
    const version = await this.#attempt(() => this.#store.stat());
    return version !== undefined && lastSync <= milliseconds(version.mtimeNs);
  }

  /**
   * When the file was last written, in milliseconds since the epoch.
   *
   * @throws PersistenceNotFound when there is no file
   */
  async timeLastModified(): Promise<number> {
    const version = await this.#attempt(() => this.#store.stat());
    if (version === undefined) throw new PersistenceNotFound(this.#location);
    return milliseconds(version.mtimeNs);
  }

  /** The path, with `~` expanded. */
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

  /** One that uses a file of its own, under a random name, in the same folder. */
  override createForPersistenceValidation(): Promise<FilePersistence> {
    return FilePersistence.create(freshNeighbour(this.#location), this.#loggerOptions);
  }

  [CORE_LINK](): CoreLink {
    return { module: () => host().module(), capabilities: this.#connect() };
  }

  /** Creates the folder if it is missing, and makes a file that is there private. */
  protected async prepare(): Promise<void> {
    await this.#attempt(() => prepareFolder(this.#location));
  }

  #connect() {
    return connectFile(this.#location, logTo(this.#logger));
  }

  async #attempt<T>(operation: () => T | Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      throw toPersistenceError(error, this.#location);
    }
  }
}

function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds / 1000n) / 1000;
}
