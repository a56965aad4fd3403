import { allCases, type Case } from "./cases.ts";
import { judge } from "./judge.ts";
import type { Kind, Subject } from "./protocol.ts";
import { requestOf } from "./requests.ts";

/** How a runtime's own test tool takes a test. */
export type Registrar = (name: string, test: () => void | Promise<void>) => void;

/** One test a vector. */
export function vectorTests(subject: Subject, test: Registrar, kinds?: readonly Kind[]): void {
  for (const one of allCases(kinds)) {
    test(`${subject.description.name}: ${one.id}`, () => judgeOne(subject, one));
  }
}

async function judgeOne(subject: Subject, one: Case): Promise<void> {
  judge(one, await subject.answer(requestOf(one)));
}
