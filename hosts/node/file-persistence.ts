import { FilePersistenceBase } from "../shared/file-persistence.ts";
import type { LoggerOptions } from "../shared/logger.ts";
import { nodeHost } from "./capabilities.ts";

export class FilePersistence extends FilePersistenceBase {
  private constructor(fileLocation: string, loggerOptions?: LoggerOptions) {
    super(nodeHost, fileLocation, loggerOptions);
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

  override createForPersistenceValidation(): Promise<FilePersistence> {
    return FilePersistence.create(...this.trial());
  }
}
