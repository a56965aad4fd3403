import { encodeInspection, encodeReadHeader, encodeVersion, encodeWritten } from "../../hosts/shared/core/marshal.ts";
import { STATUS, type StatusName } from "../../hosts/shared/errors/status.ts";
import { toBase64 } from "../../hosts/shared/values/base64.ts";
import {
  type CallStep,
  documentBytes,
  type InspectionVector,
  type OutcomeVector,
  type StartStep,
  type TraceVector,
  type VersionVector,
} from "../vectors/read.ts";
import type { Case } from "./cases.ts";
import type { Request, ScriptedAnswer, ScriptedStart, TraceRequest } from "./protocol.ts";

/**
 * The virtual clock when a trace begins: no whole second, so that times taken from it are not taken for coarse ones.
 */
const START = 1_700_000_000_123;
const DEFAULT_AGE_MS = 5000;
const INODE = 7;
const none = new Uint8Array(0);

/** What a subject is asked. It never sees what is expected, nor which call an answer belongs to. */
export function requestOf({ id, kind, vector }: Case): Request {
  switch (kind) {
    case "json":
      return {
        id,
        run: "merge",
        base: null,
        ours: toBase64(documentBytes({ text: "{}" })),
        theirs: encoded(vector.document),
      };
    case "merge": {
      const { base, ours, theirs } = vector;
      return { id, run: "merge", base: encoded(base) ?? null, ours: encoded(ours), theirs: encoded(theirs) ?? null };
    }
    case "salvage":
      return { id, run: "salvage", document: encoded(vector.document) };
    case "inspect":
      return { id, run: "inspect", document: encoded(vector.document), nowSeconds: vector.nowSeconds };
    default:
      return { id, ...traceRequest(vector) };
  }
}

function encoded(document: Parameters<typeof documentBytes>[0] & object): string;
function encoded(document: Parameters<typeof documentBytes>[0]): string | undefined;
function encoded(document: Parameters<typeof documentBytes>[0]): string | undefined {
  const bytes = documentBytes(document);
  return bytes && toBase64(bytes);
}

function traceRequest({ timeoutMs = 10_000, maxBytes = 1_000_000, cipher = false, steps }: TraceVector): TraceRequest {
  let now = START;
  const script: Array<ScriptedStart | ScriptedAnswer> = [];
  for (const step of steps) {
    if ("start" in step) script.push(startOf(step));
    if ("call" in step) {
      const answer = answerOf(step, now);
      now += answer.passMs;
      script.push(answer);
    }
  }
  return { run: "trace", now: START, random: 0.5, maxBytes, timeoutMs, cipher, script };
}

function startOf({ start, base, ours, baseIsCurrent }: StartStep): ScriptedStart {
  if (start !== "commit") return { start };
  return { start, base: encoded(base) ?? null, ours: encoded(ours!), baseIsCurrent: baseIsCurrent ?? false };
}

/** `ageMs` counts back from the moment at which the outcome is handed over. */
function answerOf({ call, answer = {} }: CallStep, now: number): ScriptedAnswer {
  const outcome: OutcomeVector = typeof answer === "string" ? { status: answer } : answer;
  const { status = "ok", passMs = 0 } = outcome;
  const code = /^\d+$/.test(status) ? Number(status) : STATUS[status as StatusName];
  if (code === undefined) throw new Error(`${status} is no status`);
  const payload = code === STATUS.ok || outcome.payload ? payloadOf(call, outcome, now + passMs) : none;
  return { status: code, payload: toBase64(payload), passMs };
}

function payloadOf(call: string, outcome: OutcomeVector, now: number): Uint8Array {
  if (outcome.payload) return documentBytes(outcome.payload);
  const content = documentBytes(outcome.content) ?? none;
  switch (call) {
    case "store.replace":
      return encodeWritten(versionOf(outcome.version, content.length, now));
    case "store.stat":
      return encodeVersion(versionOf(outcome.version, content.length, now));
    case "store.read":
      return Uint8Array.of(...encodeReadHeader(versionOf(outcome.version, content.length, now)), ...content);
    case "lock.inspect":
      return encodeInspection(inspectionOf(outcome.inspection!, now));
    default:
      return content;
  }
}

function versionOf(
  { ageMs = DEFAULT_AGE_MS, mtimeNs, size, inode = INODE, unique }: VersionVector = {},
  length: number,
  now: number,
) {
  const modified = mtimeNs === undefined ? BigInt(now - ageMs) * 1_000_000n : BigInt(mtimeNs);
  return { mtimeNs: modified, size: BigInt(size ?? length), inode: BigInt(inode), isUnique: unique === true };
}

function inspectionOf({ content, ageMs, leaseAgeMs, kernelLocked = false }: InspectionVector, now: number) {
  const bytes = new TextEncoder().encode(content);
  const leaseMtimeMs = leaseAgeMs === undefined ? undefined : now - leaseAgeMs;
  return { inode: 9n, size: bytes.length, mtimeMs: now - ageMs, leaseMtimeMs, kernelLocked, content: bytes };
}
