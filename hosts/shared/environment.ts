import { toPersistenceError } from "./errors/thrown.ts";
import { type EnvironmentSource, homeOnUnix } from "./runtime/environment-names.ts";
import { host } from "./runtime/host.ts";

/** What a runtime must not tell (Deno, without permission) is an error of this package like any other. */
function asked<T>(question: (environment: EnvironmentSource) => T): T {
  try {
    return question(host().environment);
  } catch (error) {
    throw toPersistenceError(error);
  }
}

/**
 * Where the user's files are, as the family finds them. Variables that are not set are "".
 *
 * On Deno variables want `--allow-env`, the user's number `--allow-sys=uid`: without,
 * `PersistenceError` `permission_denied`.
 */
// biome-ignore lint/complexity/noStaticOnlyClass: the family's shape
export class Environment {
  static get homeEnvVar(): string {
    return Environment.getEnvironmentVariable("HOME");
  }

  static get lognameEnvVar(): string {
    return Environment.getEnvironmentVariable("LOGNAME");
  }

  static get userEnvVar(): string {
    return Environment.getEnvironmentVariable("USER");
  }

  static get lnameEnvVar(): string {
    return Environment.getEnvironmentVariable("LNAME");
  }

  static get usernameEnvVar(): string {
    return Environment.getEnvironmentVariable("USERNAME");
  }

  static getEnvironmentVariable(name: string): string {
    return asked((environment) => environment.variable(name)) ?? "";
  }

  static getEnvironmentPlatform(): string {
    return host().environment.platform;
  }

  static isWindowsPlatform(): boolean {
    return host().environment.platform === "win32";
  }

  static isLinuxPlatform(): boolean {
    return host().environment.platform === "linux";
  }

  static isMacPlatform(): boolean {
    return host().environment.platform === "darwin";
  }

  static isLinuxRootUser(): boolean {
    return asked((environment) => environment.userId()) === 0;
  }

  /** The folder below which applications keep a user's files. `null` where there is no user. */
  static getUserRootDirectory(): string | null {
    return Environment.isWindowsPlatform() ? Environment.getUserHomeDirOnWindows() : Environment.getUserHomeDirOnUnix();
  }

  /** `%LOCALAPPDATA%`. */
  static getUserHomeDirOnWindows(): string {
    return Environment.getEnvironmentVariable("LOCALAPPDATA");
  }

  /** @throws PersistenceError `not_supported` where the platform is neither Linux nor macOS. */
  static getUserHomeDirOnUnix(): string | null {
    return asked(homeOnUnix);
  }
}
