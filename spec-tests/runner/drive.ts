import { allCases, type Case } from "../suite/cases.ts";
import { judge } from "../suite/judge.ts";
import { type Answer, type Description, KINDS, SUITE_VERSION } from "../suite/protocol.ts";
import { requestOf } from "../suite/requests.ts";
import { BrokenRunner, Conversation } from "./conversation.ts";
import { type Entry, Report } from "./report.ts";

export interface DriveOptions {
  readonly cases?: readonly Case[];
  /** How long this case may take; half a minute unless told otherwise. */
  readonly timeoutMs?: (one: Case) => number;
}

const TIMEOUT_MS = 30_000;

/** Runs the vectors on the program `command`, which speaks the runner protocol. */
export async function drive(command: string, args: readonly string[], options: DriveOptions = {}): Promise<Report> {
  const { cases = allCases(), timeoutMs = () => TIMEOUT_MS } = options;
  const conversation = new Conversation(command, args, TIMEOUT_MS);
  const entries: Entry[] = [];
  let name = command;
  try {
    const description = checked(await conversation.ask({ describe: true }));
    name = `${description.name} (${description.language})`;
    for (const one of cases) {
      entries.push(judged(one, description, await conversation.ask(requestOf(one), timeoutMs(one))));
    }
    await conversation.end();
  } catch (error) {
    if (!(error instanceof BrokenRunner)) throw error;
    breakOff(entries, cases, error.message);
  } finally {
    conversation.kill();
  }
  return new Report(name, entries, cases.length);
}

/** Where a runner breaks, the case it broke at has failed and the rest was not run. */
function breakOff(entries: Entry[], cases: readonly Case[], reason: string): void {
  const last = entries.length === cases.length ? entries.pop()! : undefined;
  const [broken, ...rest] = last ? [last] : cases.slice(entries.length);
  entries.push({ id: broken!.id, verdict: "failed", reason });
  entries.push(...rest.map(({ id }): Entry => ({ id, verdict: "skipped", reason })));
}

function checked(description: unknown): Description {
  const { name, language, suiteVersion, capabilities, cannot = {} } = (description ?? {}) as Partial<Description>;
  if (typeof name !== "string" || typeof language !== "string" || !Array.isArray(capabilities)) {
    throw new BrokenRunner("does not say what it is");
  }
  if (suiteVersion !== SUITE_VERSION)
    throw new BrokenRunner(`speaks suite version ${suiteVersion}, not ${SUITE_VERSION}`);
  const known = new Set<string>([...KINDS, ...allCases().map(({ id }) => id)]);
  const unknown = [...capabilities, ...Object.keys(cannot)].find((one) => !known.has(one));
  if (unknown !== undefined) throw new BrokenRunner(`speaks of ${unknown}, which there is not`);
  const silent = KINDS.find((kind) => !capabilities.includes(kind) && !cannot[kind]);
  if (silent) throw new BrokenRunner(`gives no reason why it cannot do ${silent}`);
  return { name, language, suiteVersion, capabilities, cannot };
}

function judged(one: Case, { cannot = {} }: Description, answered: unknown): Entry {
  const { id } = one;
  const answer = answered as Answer;
  if (answer?.id !== id) throw new BrokenRunner(`answered ${answer?.id} when asked ${id}`);
  const complaint = complaintAbout(one, answer);
  const reason = cannot[id] ?? cannot[one.kind];
  if (reason === undefined) return complaint ? { id, verdict: "failed", reason: complaint } : { id, verdict: "passed" };
  if (answer.error?.code === "not_supported") return { id, verdict: "expected failure", reason };
  const surprise = complaint ? "neither refused nor right" : "unexpected pass";
  return { id, verdict: "failed", reason: `${surprise}, though "${reason}"` };
}

/** A malformed answer fails its case like a wrong one. */
function complaintAbout(one: Case, answer: Answer): string | undefined {
  try {
    judge(one, answer);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
