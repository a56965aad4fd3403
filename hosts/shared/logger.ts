import { PersistenceError } from "./errors/persistence-error.ts";
import { assertFunction, optionsOf } from "./values/options.ts";

/** Severities, as MSAL numbers them. */
export const LogLevel = { Error: 0, Warning: 1, Info: 2, Verbose: 3, Trace: 4 } as const;
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel];

const LEVEL_NAME = ["Error", "Warning", "Info", "Verbose", "Trace"] as const;

/** The same shape as MSAL's, so that one object serves both. */
export interface LoggerOptions {
  /** Receives every message at or above `logLevel`. Without it nothing is logged. */
  readonly loggerCallback?: ((level: LogLevel, message: string, containsPii: boolean) => void) | undefined;
  /** Accepted for compatibility. This package never logs personal data or secrets. */
  readonly piiLoggingEnabled?: boolean | undefined;
  /** The least severe level that is passed on; `LogLevel.Info` (2) unless told otherwise. */
  readonly logLevel?: number | undefined;
}

/** What this package calls on a logger. MSAL's `Logger` satisfies it. */
export interface LoggerLike {
  error(message: string, correlationId: string): void;
  warning(message: string, correlationId: string): void;
  info(message: string, correlationId: string): void;
  verbose(message: string, correlationId: string): void;
}

/** Formats a line as MSAL's logger does and hands it to the callback. A callback that throws is not our failure. */
export class Logger implements LoggerLike {
  /** What it was made of, for whoever logs to the same place. */
  readonly options: LoggerOptions | undefined;
  readonly #callback: LoggerOptions["loggerCallback"];
  readonly #level: number;

  /**
   * @throws PersistenceError `bad_argument` for a callback or a level that is none: nothing
   *   would be logged, or everything
   */
  constructor(options?: LoggerOptions) {
    const { loggerCallback, logLevel } = optionsOf(options);
    this.options = options;
    this.#callback = loggerCallback ?? undefined;
    if (this.#callback !== undefined) assertFunction("loggerCallback", this.#callback);
    this.#level = logLevel ?? LogLevel.Info;
    if (typeof this.#level !== "number" || Number.isNaN(this.#level))
      throw new PersistenceError("bad_argument", "logLevel must be a number, as those of LogLevel.");
  }

  error(message: string, correlationId = ""): void {
    this.#write(LogLevel.Error, message, correlationId);
  }

  warning(message: string, correlationId = ""): void {
    this.#write(LogLevel.Warning, message, correlationId);
  }

  info(message: string, correlationId = ""): void {
    this.#write(LogLevel.Info, message, correlationId);
  }

  verbose(message: string, correlationId = ""): void {
    this.#write(LogLevel.Verbose, message, correlationId);
  }

  trace(message: string, correlationId = ""): void {
    this.#write(LogLevel.Trace, message, correlationId);
  }

  #write(level: LogLevel, message: string, correlationId: string): void {
    if (this.#callback === undefined || level > this.#level) return;
    const line = `[${new Date().toUTCString()}] : [${correlationId}] : msal-extensions : ${LEVEL_NAME[level]} - ${message}`;
    try {
      const told: unknown = this.#callback(level, line, false);
      // An asynchronous callback's error would end the process in the middle of a commit.
      Promise.resolve(told).catch(() => undefined);
    } catch {
      // A logger must never decide whether a token is saved.
    }
  }
}

/** The `Log` capability that writes to `logger`. What is less severe than information is verbose. */
export function logTo(logger: LoggerLike): (level: number, code: string, text: string) => void {
  return (level, code, text) => {
    const message = text === "" ? code : `${code}: ${text}`;
    if (level <= LogLevel.Error) logger.error(message, "");
    else if (level === LogLevel.Warning) logger.warning(message, "");
    else if (level === LogLevel.Info) logger.info(message, "");
    else logger.verbose(message, "");
  };
}
