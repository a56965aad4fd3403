import { PersistenceError } from "../errors/persistence-error.ts";
import { Logger, type LoggerOptions } from "../logger.ts";
import { absoluteLocation } from "../persistence/file-capabilities.ts";
import { FilePersistence } from "../persistence/file-persistence.ts";
import type { StoredPersistence } from "../persistence/stored-persistence.ts";
import { host } from "../runtime/host.ts";
import { optionsOf } from "../values/options.ts";
import { DataProtectionScope } from "./data-protection-scope.ts";
import { FilePersistenceWithDataProtection } from "./file-persistence-with-data-protection.ts";
import { FilePersistenceWithKey } from "./file-persistence-with-key.ts";
import { KernelKeyringPersistence } from "./kernel-keyring-persistence.ts";
import { KeychainPersistence } from "./keychain-persistence.ts";
import type { SuppliedKey } from "./keys/supplied-key.ts";
import { LibSecretPersistence } from "./libsecret-persistence.ts";
import { plainContent } from "./plain-content.ts";
import { sha256Hex } from "./sha256-hex.ts";

export interface EncryptedPersistenceOptions {
  /**
   * With `accountName`: the item of the Node peer. Without: the item that Python's extensions have for this location.
   */
  readonly serviceName?: string | undefined;
  readonly accountName?: string | undefined;
  /** Windows; `CurrentUser` unless told otherwise. */
  readonly dataProtectionScope?: DataProtectionScope | undefined;
  readonly optionalEntropy?: string | undefined;
  /**
   * Used instead of anything of the operating system's. `null` is refused: that a vault gave nothing is
   * no reason to do without a key.
   */
  readonly key?: SuppliedKey | undefined;
  readonly loggerOptions?: LoggerOptions | undefined;
}

/** The family's configuration, and ours. */
export interface IPersistenceConfiguration extends EncryptedPersistenceOptions {
  readonly cachePath: string;
  /**
   * Plain text where nothing else works. Never unless told so, and not in the place of a `key`: a vault that is
   * down for a moment is no reason.
   */
  readonly usePlaintextFileOnLinux?: boolean | undefined;
}

const KERNEL_KEYRING = "kernel keyring";
const SUPPLIED_KEY = "supplied key";

interface Candidate {
  readonly name: string;
  readonly create: () => Promise<StoredPersistence>;
}

/**
 * The first encrypted persistence that works here: each is tried out under a fresh name. Windows: DPAPI. macOS: the
 * keychain. Linux: the Secret Service, else the kernel keyring. With a key of the caller's: that, and nothing else.
 *
 * @throws PersistenceError `persistence_not_verified`: the message says what was tried and why each was refused, and
 *   the cause is an `AggregateError` of the reasons; `invalid_location`, `bad_argument`
 */
export async function buildEncryptedPersistence(
  location: string,
  options?: EncryptedPersistenceOptions,
): Promise<StoredPersistence> {
  absoluteLocation(location); // what is no location is no reason to look for another kind
  const given = optionsOf(options);
  return firstThatWorks(candidates(location, given), new Logger(given.loggerOptions));
}

// biome-ignore lint/complexity/noStaticOnlyClass: the family's shape
export class PersistenceCreator {
  /**
   * As `buildEncryptedPersistence`; with `usePlaintextFileOnLinux` a plain file where nothing else works on Linux. A
   * plain cache that is there already is not given up for the kernel keyring, which the family does not know: the Node
   * peer has left it, and may be writing it still.
   */
  static async createPersistence(config: IPersistenceConfiguration): Promise<StoredPersistence> {
    const given = optionsOf(config);
    const { cachePath = "", key, loggerOptions } = given;
    absoluteLocation(cachePath);
    const logger = new Logger(loggerOptions);
    const encrypted = candidates(cachePath, given);
    if (!given.usePlaintextFileOnLinux || key !== undefined || host().runtime.platform !== "linux")
      return firstThatWorks(encrypted, logger);
    const plain = { name: "plain file", create: () => FilePersistence.create(cachePath, loggerOptions) };
    const choice = (await isPlain(cachePath, loggerOptions)) ? encrypted.map(sparingPlainCache) : encrypted;
    return firstThatWorks([...choice, plain], logger);
  }
}

async function isPlain(location: string, loggerOptions: LoggerOptions | undefined): Promise<boolean> {
  try {
    return (await plainContent(await FilePersistence.create(location, loggerOptions))) !== undefined;
  } catch {
    return false; // whichever is tried says what is wrong there
  }
}

function sparingPlainCache(candidate: Candidate): Candidate {
  if (candidate.name !== KERNEL_KEYRING) return candidate;
  const message = "There is a plain cache, which stays one until encryptPlainFile moves it.";
  return { ...candidate, create: () => Promise.reject(new PersistenceError("not_encrypted", message)) };
}

function candidates(location: string, options: EncryptedPersistenceOptions): Candidate[] {
  const { key, loggerOptions, optionalEntropy } = options;
  const dataProtectionScope = options.dataProtectionScope ?? DataProtectionScope.CurrentUser;
  if (key !== undefined) {
    return [{ name: SUPPLIED_KEY, create: () => FilePersistenceWithKey.create(location, key, loggerOptions) }];
  }
  switch (host().runtime.platform) {
    case "win32": {
      const { create } = FilePersistenceWithDataProtection;
      return [{ name: "DPAPI", create: () => create(location, dataProtectionScope, optionalEntropy, loggerOptions) }];
    }
    case "darwin": {
      const { serviceName, accountName } = options;
      return [
        {
          name: "keychain",
          create: () => KeychainPersistence.create(location, serviceName, accountName, loggerOptions),
        },
      ];
    }
    case "linux":
      return [
        { name: "Secret Service", create: () => libSecret(location, options) },
        {
          name: KERNEL_KEYRING,
          create: () => KernelKeyringPersistence.create(location, undefined, loggerOptions),
        },
      ];
  }
  return [];
}

async function libSecret(location: string, options: EncryptedPersistenceOptions): Promise<StoredPersistence> {
  const { serviceName, accountName, loggerOptions } = options;
  if (serviceName && accountName) return LibSecretPersistence.create(location, serviceName, accountName, loggerOptions);
  const schema = await sha256Hex(location);
  return LibSecretPersistence.createForItem(location, { schema, attributes: {} }, loggerOptions);
}

async function firstThatWorks(choice: readonly Candidate[], logger: Logger): Promise<StoredPersistence> {
  const reasons: Error[] = [];
  const refusals: string[] = [];
  for (const { name, create } of choice) {
    try {
      const persistence = await create();
      await persistence.verifyPersistence();
      logger.info(`The cache ${persistence.getFilePath()} is kept by: ${name}.`);
      return persistence;
    } catch (error) {
      const reason = error instanceof Error ? error : new Error(String(error));
      reasons.push(reason);
      refusals.push(`${name}: ${whyOf(reason)}`);
      logger.info(`Not used: ${name}. ${whyOf(reason)}`);
    }
  }
  const tried = refusals.length ? `Tried: ${refusals.join(" / ")}` : "There is none for this platform.";
  const advice = isKeySupplied(choice) ? "" : ` ${ADVICE}`;
  const message = `No encrypted persistence works here. ${tried}${advice}`;
  throw new PersistenceError("persistence_not_verified", message, { cause: new AggregateError(reasons, message) });
}

const ADVICE = "Supply a key (option `key`, or FilePersistenceWithKey), or permit plain text (FilePersistence).";

const isKeySupplied = ([first]: readonly Candidate[]) => first?.name === SUPPLIED_KEY;

/** What a trial failed of; that it failed is plain from where this is told. */
function whyOf(reason: Error): string {
  const isVerdict = reason instanceof PersistenceError && reason.code === "persistence_not_verified";
  return isVerdict && reason.cause instanceof Error ? reason.cause.message : reason.message;
}
