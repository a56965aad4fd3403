import {
  type DocumentRole,
  type LockHolder,
  PersistenceError,
  PersistenceNotFound,
} from "../errors/persistence-error.ts";
import { STATUS, type StatusName } from "../errors/status.ts";
import { messageFor } from "../errors/thrown.ts";
import { seconds } from "../values/seconds.ts";
import type { CoreResult } from "./core-memory.ts";

const ROLES: readonly DocumentRole[] = ["theirs", "base", "ours"];
const ROLE_TEXT: Readonly<Record<DocumentRole, string>> = {
  theirs: "what is stored",
  base: "what was handed over as last read",
  ours: "what was to be stored",
};

const NAMES: ReadonlyMap<number, StatusName> = new Map(
  Object.entries(STATUS).map(([name, code]) => [code, name as StatusName]),
);

export function statusName(status: number): StatusName {
  return NAMES.get(status) ?? "io_error";
}

/** What a failed operation is about. */
export interface FailureContext {
  readonly location: string | undefined;
  readonly lockPath: string | undefined;
  readonly timeoutMs: number;
  /** The error a capability threw, if it was one that ended the operation. */
  readonly cause: unknown;
  /** The core's detail, JSON. */
  readonly detail: string;
}

/** The error for a result that is none: what happened, where, who holds the lock, what to do. */
export function failureOf(result: CoreResult, context: FailureContext): PersistenceError {
  const code = statusName(result.status);
  const { cause } = context;
  if (cause instanceof PersistenceError && cause.code === code) return cause;
  if (code === "persistence_not_found") return new PersistenceNotFound(context.location ?? "", detailsOf(cause));
  if (code === "lock_timeout") return lockTimeout(context);
  if (isAboutDocument(code)) return documentError(code, result, context);
  const location = isAboutLock(code) ? context.lockPath : context.location;
  return new PersistenceError(code, messageFor(code, location, cause), { ...detailsOf(cause), location });
}

function isAboutDocument(code: StatusName): boolean {
  return code.startsWith("json_") || code === "not_a_cache";
}

function isAboutLock(code: StatusName): boolean {
  return code.startsWith("lock_");
}

function detailsOf(cause: unknown): { cause?: unknown } {
  return cause === undefined ? {} : { cause };
}

function documentError(code: StatusName, result: CoreResult, context: FailureContext): PersistenceError {
  const document = ROLES[result.document] ?? "theirs";
  const { offset } = result;
  const message = `${messageFor(code, context.location)} At byte ${offset} of ${ROLE_TEXT[document]}.`;
  return new PersistenceError(code, message, { location: context.location, document, offset });
}

function lockTimeout({ lockPath, timeoutMs, detail }: FailureContext): PersistenceError {
  const holder = holderOf(detail);
  const message = `The lock ${lockPath ?? ""} was not obtained within ${seconds(timeoutMs)}. ${advice(holder)}`;
  return new PersistenceError("lock_timeout", message, { location: lockPath, holder });
}

function advice(holder: LockHolder | undefined): string {
  if (holder === undefined) return "It changed hands all the time. Try again.";
  const program = holder.program === "" ? "" : ` (${holder.program})`;
  const who = holder.pid === undefined ? "a holder that names no process" : `process ${holder.pid}${program}`;
  return (
    `It is held by ${who}, and its file is ${seconds(holder.ageMs)} old. ` +
    "Wait for that process or end it; the lock of a process that has ended is taken over within 30 s, the file need not be deleted."
  );
}

function holderOf(detail: string): LockHolder | undefined {
  if (detail === "") return undefined;
  const { holder, pid, ageMs } = JSON.parse(detail) as { holder: string; pid: number; ageMs: number };
  return { pid: pid === 0 ? undefined : pid, program: programOf(holder), ageMs };
}

/** What follows the process number in the family's formats: `<pid> <program>`, `{<pid>} {<program>}`. */
function programOf(holder: string): string {
  const text = holder.replace(/^\uFEFF/, "").trim();
  return text.replace(/^\{?\d+\}?\s*/, "").replace(/^\{(.*)\}$/s, "$1");
}
