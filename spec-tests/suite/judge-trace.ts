import { deepStrictEqual, fail, ok, strictEqual } from "node:assert/strict";
import { statusName } from "../../hosts/shared/core/error-messages.ts";
import { EVENT_NAME } from "../../hosts/shared/errors/status.ts";
import { fromBase64 } from "../../hosts/shared/values/base64.ts";
import { type CallStep, documentBytes, type EndStep, type TraceStep, type TraceVector } from "../vectors/read.ts";
import { judgeSalvaged } from "./judge.ts";
import type { Answer, Observed } from "./protocol.ts";

const DOCUMENTS = ["theirs", "base", "ours"];
const text = (bytes: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);

/** The calls first, as one line: where they differ, a reader sees at once where the protocol went another way. */
export function judgeTrace({ steps }: TraceVector, { trace, error }: Answer): void {
  if (trace === undefined) fail(`no trace, but ${JSON.stringify(error)}`);
  strictEqual(observedLine(trace), expectedLine(steps));
  const rest = [...trace];
  for (const step of steps) {
    const log = takeLog(rest);
    if ("call" in step) judgeCall(step, rest.shift()!);
    else if ("end" in step) judgeEnd(step.end, rest.shift()!, log);
    else if ("refused" in step) rest.shift();
    if (!("end" in step)) rest.unshift(...log);
  }
}

function expectedLine(steps: readonly TraceStep[]): string {
  const words = steps.map((step) => {
    if ("call" in step) return step.call;
    if ("end" in step) return `= ${step.end.status};`;
    return "refused" in step ? `refused ${step.refused};` : undefined;
  });
  return words.filter((word) => word !== undefined).join(" ");
}

function observedLine(trace: readonly Observed[]): string {
  const words = trace.map((seen) => {
    if ("call" in seen) return seen.call;
    if ("end" in seen) return `= ${statusName(new Result(seen.end).word(0))};`;
    if ("refused" in seen) return `refused ${statusName(seen.refused)};`;
    return "stopped" in seen ? `stopped: ${seen.stopped}` : undefined;
  });
  return words.filter((word) => word !== undefined).join(" ");
}

/** What was logged between the calls is judged where the operation ends. */
function takeLog(rest: Observed[]): Observed[] {
  const next = rest.findIndex((seen) => "end" in seen);
  if (next < 0) return [];
  const logged = rest.slice(0, next).filter((seen) => "log" in seen);
  const others = rest.filter((seen, index) => index >= next || !("log" in seen));
  rest.splice(0, rest.length, ...others);
  return logged;
}

function judgeCall({ call, given = {} }: CallStep, seen: Observed): void {
  const { value, bytes } = seen as { value?: number; bytes?: string };
  if (given.pid !== undefined) strictEqual(value, given.pid, call);
  const ms = (value ?? Number.NaN) / 1000;
  if (typeof given.ms === "number") strictEqual(ms, given.ms, call);
  else if (given.ms !== undefined) {
    const [least, most] = given.ms;
    ok(ms >= least && ms <= most, `${call}: ${ms} ms, not between ${least} and ${most}`);
  }
  if (given.content !== undefined) judgeContent(fromBase64(bytes!), documentBytes(given.content), given.salvaged);
}

function judgeContent(content: Uint8Array, expected: Uint8Array, salvaged: boolean | undefined): void {
  if (salvaged) judgeSalvaged(content, expected);
  else strictEqual(text(content), text(expected));
}

function judgeEnd(expected: EndStep["end"], seen: Observed, log: readonly Observed[]): void {
  const result = new Result((seen as Observed & { end: ResultParts }).end);
  const { status: _inLine, content, log: events, ...fields } = expected;
  if (events !== undefined) deepStrictEqual(log.map(eventName), events);
  if (content !== undefined) strictEqual(result.hasDocument, content !== null, "is there a document");
  if (content) judgeContent(result.data, documentBytes(content), expected.salvaged);
  const values = result.fields();
  deepStrictEqual(Object.fromEntries(Object.keys(fields).map((name) => [name, values[name]])), fields);
}

const eventName = (seen: Observed): string => {
  const { log } = seen as { log: number };
  return EVENT_NAME[log] ?? statusName(log);
};

interface ResultParts {
  readonly record: string;
  readonly data: string;
  readonly detail: string;
}

/** The result record of docs/host-interface.md. */
class Result {
  readonly data: Uint8Array;
  readonly #record: DataView;
  readonly #detail: string;

  constructor({ record, data, detail }: ResultParts) {
    this.data = fromBase64(data);
    this.#detail = detail;
    this.#record = new DataView(fromBase64(record).buffer);
  }

  word(index: number): number {
    return this.#record.getUint32(index * 4, true);
  }

  get hasDocument(): boolean {
    return (this.word(5) & 8) !== 0;
  }

  fields(): Record<string, unknown> {
    const flags = this.word(5);
    const detail = this.#detail === "" ? {} : JSON.parse(this.#detail);
    return {
      error: { document: DOCUMENTS[this.word(1)], offset: this.word(2) },
      unchanged: (flags & 1) !== 0,
      salvaged: (flags & 2) !== 0,
      setAside: (flags & 4) !== 0,
      added: this.word(6),
      updated: this.word(7),
      removed: this.word(8),
      conflicts: this.word(9),
      waitedMs: this.word(12),
      takeOvers: this.word(13),
      restarts: this.word(14),
      ignored: this.word(15),
      accountsAdded: [],
      accountsRemoved: [],
      holder: null,
      ...("holder" in detail ? { holder: detail } : detail),
    };
  }
}
