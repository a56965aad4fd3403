import { PersistenceError } from "../errors/persistence-error.ts";

/** What `Environment` asks a runtime for. */
export interface EnvironmentSource {
  /** As in Node's `process.platform`. */
  readonly platform: string;
  variable(name: string): string | undefined;
  /** The numeric user id, where there is one. */
  userId(): number | undefined;
}

/** Where a platform keeps the users' home folders. */
const HOMES: ReadonlyMap<string, string> = new Map([
  ["linux", "/home"],
  ["darwin", "/Users"],
]);

/** The variables that may name the user, in the order in which they are asked. */
const USER_VARIABLES = ["LOGNAME", "USER", "LNAME", "USERNAME"] as const;

/**
 * The user's home folder on Linux and macOS: `HOME`, else where the platform keeps the user's; `null` without a user.
 *
 * @throws PersistenceError `not_supported` on any other platform
 */
export function homeOnUnix(source: EnvironmentSource): string | null {
  const { platform } = source;
  if (platform === "win32") throw unsupported(platform);
  const home = source.variable("HOME");
  if (home) return home;
  if (platform === "linux" && source.userId() === 0) return "/root";
  const folder = HOMES.get(platform);
  if (folder === undefined) throw unsupported(platform);
  const user = USER_VARIABLES.map((name) => source.variable(name)).find(Boolean);
  return user === undefined ? null : `${folder}/${user}`;
}

function unsupported(platform: string): PersistenceError {
  return new PersistenceError("not_supported", `There is no home folder as on Unix on the platform "${platform}".`);
}
