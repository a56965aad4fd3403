import type { Capabilities, Lock, Log } from "../core/capabilities.ts";
import { PersistenceError } from "../errors/persistence-error.ts";
import { messageFor, statusOfError, toPersistenceError } from "../errors/thrown.ts";
import { type FileStatus, Files } from "../files/file-system.ts";
import { followLinks } from "../files/follow-links.ts";
import { makeFolder } from "../files/make-folder.ts";
import { FileStore, type FileStoreOptions } from "../files/store.ts";
import { joinLocks } from "../lock/joint-lock.ts";
import { createLock } from "../lock/lock.ts";
import { createNamedLock } from "../lock/named-lock.ts";
import { LogLevel } from "../logger.ts";
import { host } from "../runtime/host.ts";
import { randomName } from "../runtime/random-name.ts";

export interface ConnectOptions extends FileStoreOptions {
  readonly lockPath?: string;
}

/** Capabilities for the plain file at `location`. */
export function connectFile(location: string, log: Log, options: ConnectOptions = {}): Capabilities {
  const { runtime } = host();
  return {
    store: new FileStore(runtime, location, options),
    cipher: undefined,
    lock: lockAt(options.lockPath ?? `${location}.lockfile`),
    clock: runtime.clock,
    log,
  };
}

const lockAt = (path: string): Lock => createNamedLock(createLock(host().runtime, path));

/**
 * The same cache, changed only while these lock files are held too.
 *
 * @throws PersistenceError `bad_argument` for what is no list, a single path for one
 */
export function lockingAlso(capabilities: Capabilities, lockFiles: readonly string[]): Capabilities {
  if (!Array.isArray(lockFiles)) throw new PersistenceError("bad_argument", "alsoLock must be an array of paths.");
  const first = capabilities.lock;
  const paths = new Set(lockFiles.map(absoluteLocation));
  paths.delete(first.path); // it would wait for itself
  if (paths.size === 0) return capabilities;
  return { ...capabilities, lock: joinLocks([first, ...[...paths].map(lockAt)], new Files(host().runtime.fs)) };
}

/**
 * With `~` expanded, and the same file still when the process goes to another folder.
 *
 * @throws PersistenceError `invalid_location` for what is no text, or no path
 */
export function absoluteLocation(location: string): string {
  if (typeof location !== "string")
    throw new PersistenceError("invalid_location", `A location is text, not ${typeof location}.`);
  if (location === "" || location.includes("\0"))
    throw new PersistenceError("invalid_location", "A location is not empty, and without NUL characters.");
  const { paths, platform } = host().runtime;
  const expanded = expandHome(location);
  if (paths.isAbsolute(expanded)) return expanded;
  try {
    const [, up = "", rest = ""] = /^((?:\.\.?\/+)*)(.*)$/s.exec(expanded) ?? [];
    // As it is: where a folder is a link, `..` is what the system makes of it.
    const leavesFolder = platform !== "win32" && `/${rest}/`.includes("/../");
    return leavesFolder ? paths.resolve(up) + paths.sep + rest : paths.resolve(expanded);
  } catch {
    return expanded; // Deno, which may not say where it is
  }
}

/**
 * As Python's `os.path.expanduser`, but for other users' homes (`~name`), which stay as they
 * are, and where there is no home.
 */
export function expandHome(location: string): string {
  const { platform } = host().runtime;
  // Elsewhere than on Windows a backslash is a letter of a name: the file would be beside the home folder.
  const isHome = platform === "win32" ? /^~(?=$|[/\\])/ : /^~(?=$|\/)/;
  return isHome.test(location) ? homeFor(location) + location.slice(1) : location;
}

/**
 * A user whom the system does not know, as in many a container, may have no home. Then Node throws, or answers
 * nothing where `HOME` is empty, and Deno answers `null`: the cache would be in the root folder, or in one
 * called "null" in the current one.
 */
function homeFor(location: string): string {
  let cause: unknown;
  try {
    const home = host().homeFolder();
    if (home) return home;
  } catch (error) {
    cause = error;
  }
  // Deno without permission.
  if (statusOfError(cause) === "permission_denied") throw toPersistenceError(cause, location);
  const message = `${messageFor("invalid_location", location)} There is no home folder: set HOME.`;
  throw new PersistenceError("invalid_location", message, { location, ...(cause === undefined ? {} : { cause }) });
}

/** A signal file of the secret stores holds no more than `{}`: there is nothing in it to read. */
const NO_SECRET_BYTES = 2n;
const OTHERS = 0o077n;
const OTHERS_WRITE = 0o022n;
const STICKY = 0o1000n;
const ROOT = 0n;

/**
 * Creates the folder (0700) if it is missing, and makes a file that is at `location` private (0600). What others could
 * read until now, or can replace, is reported to `log` with the code `exposed_to_others`. The mode of a folder that was
 * there is not changed: it may be anything, `/tmp` too.
 *
 * No empty file is made, as the peers do: where a process deletes the cache and another creates it anew, a file without
 * bytes would look to a third like one that was truncated, and what was removed would come back.
 */
export async function prepareFolder(location: string, log: Log): Promise<void> {
  const { runtime } = host();
  const files = new Files(runtime.fs);
  const folder = runtime.paths.dirname(location);
  const report = (text: string) => log(LogLevel.Warning, "exposed_to_others", text);
  await makeFolder(files, runtime, folder);
  const found = await statOf(files, location);
  const isFile = found?.isFile() ?? false;
  // To open a pipe would wait for ever.
  if (found && !isFile) throw new PersistenceError("not_a_file", messageFor("not_a_file", location), { location });
  const isRefused = isFile && !(await succeeds(files.chmod(location, 0o600)));
  if (runtime.platform === "win32") return; // Modes there say nothing about who can read.
  if (found && isFile && found.mode & OTHERS && found.size > NO_SECRET_BYTES) {
    const now = (await statOf(files, location))?.mode ?? 0n;
    // As exFAT mounted anywhere, or a drive of Windows under WSL: to change the mode works and does nothing.
    const why = isRefused ? "it belongs to somebody else" : "its file system keeps no modes";
    const outcome = now & OTHERS ? `It still is: ${why}.` : "It is private now.";
    report(`${location} was open to other users (mode ${octal(found.mode)}). ${outcome}`);
  }
  const target = await followLinks(files, runtime.paths, location).catch(() => location);
  for (const around of new Set([folder, runtime.paths.dirname(target)])) {
    await reportFolder(files, around, isFile ? found : undefined, report);
  }
}

async function reportFolder(
  files: Files,
  folder: string,
  file: FileStatus | undefined,
  report: (text: string) => void,
): Promise<void> {
  const found = await statOf(files, folder);
  if (found === undefined) return;
  const { mode, uid } = found;
  if (mode & OTHERS_WRITE && !(mode & STICKY)) {
    report(`Other users can replace files in ${folder} (mode ${octal(mode)}). Make it private: chmod 700.`);
  }
  // Compared with the file, not with this process's user: Deno would want a permission to say who that is.
  if (file && uid !== file.uid && uid !== ROOT) {
    report(
      `The folder ${folder} belongs to another user (${uid}) than the cache in it, and can be changed by that one.`,
    );
  }
}

function statOf(files: Files, path: string): Promise<FileStatus | undefined> {
  return files.stat(path).catch(() => undefined);
}

const succeeds = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );

const octal = (mode: bigint) => (mode & 0o777n).toString(8);

/** A path in the same folder as `location` that nobody else uses. */
export function freshNeighbour(location: string): string {
  const { paths, clock } = host().runtime;
  return paths.join(paths.dirname(location), `.msal-extensions-${randomName(clock)}.trial`);
}
