import { PersistenceError } from "./persistence-error.ts";
import { STATUS, STATUS_MESSAGE, type StatusName } from "./status.ts";

/** What the operating systems' error codes mean here. Whatever is missing is an `io_error`. */
const STATUS_OF_ERRNO: Readonly<Record<string, StatusName>> = {
  EACCES: "permission_denied",
  EPERM: "permission_denied",
  EBUSY: "permission_denied", // Windows: another program has the file open and does not share it
  ENOSPC: "disk_full",
  EDQUOT: "disk_full",
  EROFS: "read_only",
  EMFILE: "too_many_open_files",
  ENFILE: "too_many_open_files",
  EISDIR: "not_a_file",
  ENOTDIR: "not_a_file",
  // Where nothing being there is an answer, a capability says so without an error; here a folder is missing.
  ENOENT: "invalid_location",
  ENAMETOOLONG: "invalid_location",
  ELOOP: "invalid_location",
  EINVAL: "invalid_location",
  ERR_INVALID_ARG_VALUE: "invalid_location",
  ENOMEM: "out_of_memory",
  ENOSYS: "not_supported",
  ENOTSUP: "not_supported",
  EOPNOTSUPP: "not_supported",
  EIO: "io_error",
};

/** The status for whatever a capability threw. */
export function statusOfError(error: unknown): StatusName {
  const code = codeOf(error);
  if (missingPermission(error) !== undefined) return "permission_denied";
  if (isUnreadForWantOfDescriptors(error)) return "too_many_open_files";
  if (error instanceof PersistenceError) return STATUS[error.code] >= STATUS.io_error ? error.code : "io_error";
  return (code !== undefined && Object.hasOwn(STATUS_OF_ERRNO, code) && STATUS_OF_ERRNO[code]) || "io_error";
}

/** A `PersistenceError` that says where; anything else as the cause of one. */
export function toPersistenceError(error: unknown, location?: string): PersistenceError {
  if (error instanceof PersistenceError) return locate(error, location);
  const code = statusOfError(error);
  return new PersistenceError(code, messageFor(code, location, error), { location, cause: error });
}

/**
 * A cipher, a key and a limit know no location, and an application may have several caches. What says where it happened
 * stays as it is.
 */
export function locate(error: PersistenceError, location: string | undefined): PersistenceError {
  if (location === undefined || error.location !== undefined) return error;
  const { code, holder, document, offset, message } = error;
  const where = message === STATUS_MESSAGE[code] ? messageFor(code, location) : message;
  const cause = "cause" in error ? { cause: error.cause } : {};
  return new PersistenceError(code, where, { location, holder, document, offset, ...cause });
}

/** What happened, and where. Of the cause only its code: its text is not ours to vouch for. */
export function messageFor(code: StatusName, location?: string, cause?: unknown): string {
  const where = location === undefined ? "" : ` ${location}`;
  const errno = cause instanceof PersistenceError ? undefined : codeOf(cause);
  const denied = missingPermission(cause);
  if (denied !== undefined) {
    const what = location === undefined ? "what this needs" : "this location";
    return `${denied.runtime} was not permitted to use ${what}.${where} Run it again ${denied.remedy}.`;
  }
  return `${STATUS_MESSAGE[code]}${where}${errno === undefined ? "" : ` (${errno})`}`;
}

/**
 * What a runtime with permissions of its own has barred, and what it would take. Both name the flag in their text;
 * Deno's errors carry no code.
 */
function missingPermission(error: unknown): { readonly runtime: string; readonly remedy: string } | undefined {
  if (!(error instanceof Error)) return undefined;
  const isNode = codeOf(error) === "ERR_ACCESS_DENIED";
  if (!isNode && error.name !== "NotCapable") return undefined;
  const runtime = isNode ? "Node.js" : "Deno";
  // Node 22 and 24 refuse some functions to everybody, whatever is allowed (hosts/node/files-by-path.ts has a way
  // without those that were seen).
  if (isNode && error.message.includes("is disabled")) return { runtime, remedy: "without --permission" };
  return { runtime, remedy: `with ${/--allow-[a-z-]+/.exec(error.message)?.[0] ?? "the permission it asks for"}` };
}

/** What Node says of a binary, and from 24 on of a package, that it could not open: only the text says why. */
function isUnreadForWantOfDescriptors(error: unknown): boolean {
  const code = codeOf(error);
  const isOfLoading = code === "ERR_DLOPEN_FAILED" || code === "ERR_INVALID_PACKAGE_CONFIG";
  return isOfLoading && /too many open files/i.test((error as Error).message);
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
