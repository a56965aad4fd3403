import type { FileStoreOptions } from "../files/store.ts";
import type { LoggerOptions } from "../logger.ts";
import { optionsOf } from "../values/options.ts";
import { freshNeighbour } from "./file-capabilities.ts";
import { StoredPersistence } from "./stored-persistence.ts";

/**
 * A file, readable by its owner only, not encrypted. Any text can be kept in it; it need not be a token cache.
 */
export class FilePersistence extends StoredPersistence {
  readonly isEncrypted: boolean = false;

  readonly #options: FileStoreOptions;

  protected constructor(fileLocation: string, loggerOptions?: LoggerOptions, options?: FileStoreOptions) {
    const fileOptions = optionsOf(options);
    super({ location: fileLocation, loggerOptions, fileOptions });
    this.#options = fileOptions;
  }

  /**
   * Creates the folder (0700) if it is missing. A file that is there is made private
   * (0600), its content is not touched.
   *
   * @param fileLocation `~` stands for the user's home folder
   * @throws PersistenceError with the code of what the operating system refused, `invalid_location`,
   *   `bad_argument` for options that are none
   */
  static async create(
    fileLocation: string,
    loggerOptions?: LoggerOptions,
    options: FileStoreOptions = {},
  ): Promise<FilePersistence> {
    const persistence = new FilePersistence(fileLocation, loggerOptions, options);
    await persistence.prepare();
    return persistence;
  }

  /** One that uses a file of its own, under a random name, in the same folder. */
  override createForPersistenceValidation(): Promise<FilePersistence> {
    return FilePersistence.create(freshNeighbour(this.getFilePath()), this.loggerOptions, this.#options);
  }
}
