// A runner that knows the right answers and breaks one rule of the protocol, named by its
// argument: for the tests of the driver.
import { argv, exit, stdout } from "node:process";
import { coreModule } from "../../hosts/node/wasm-module.ts";
import { CoreSubject } from "../suite/core-subject.ts";
import { type Answer, type Description, PURE_KINDS, type Request } from "../suite/protocol.ts";
import { serve } from "./serve.ts";

const subject = new CoreSubject("misbehaving", await coreModule(), "later");
const { description } = subject;
const refused = (id: string): Answer => ({ id, error: { code: "not_supported" } });
const isTrace = ({ run }: Request) => run === "trace";
let asked = 0;

interface Behaviour {
  readonly says?: Partial<Description>;
  readonly answers?: (request: Request) => unknown;
}

const noTraces = { lock: "no state machines", session: "no state machines" };
/** The second question is where it goes wrong: by then everything has looked well. */
const second = (act: (answer: Answer) => unknown) => (request: Request) =>
  ++asked === 2 ? act(subject.answer(request)) : subject.answer(request);

const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  none: {},
  "refuses with a reason": {
    says: { capabilities: PURE_KINDS, cannot: noTraces },
    answers: (request) => (isTrace(request) ? refused(request.id) : subject.answer(request)),
  },
  "refuses without a reason": { answers: second(({ id }) => refused(id)) },
  "passes unexpectedly": { says: { capabilities: PURE_KINDS, cannot: noTraces } },
  "gives no reason": { says: { capabilities: PURE_KINDS } },
  "fails instead of refusing": {
    says: { capabilities: PURE_KINDS, cannot: noTraces },
    answers: (request) => (isTrace(request) ? { id: request.id, trace: [] } : subject.answer(request)),
  },
  "speaks of unknown cases": { says: { cannot: { "merge/no_such_case": "there is none" } } },
  "speaks another version": { says: { suiteVersion: 0 } },
  "is wrong": { answers: second(({ id }) => ({ id, error: { code: "io_error" } })) },
  "answers nothing useful": { answers: second(({ id }) => ({ id, result: { content: 5 } })) },
  dies: { answers: second(() => exit(3)) },
  "answers out of order": { answers: second((answer) => ({ ...answer, id: "json/y_number" })) },
  "answers garbage": { answers: second(() => stdout.write("Segmentation fault\n")) },
  "never answers": { answers: second(() => new Promise(() => setInterval(() => {}, 1000))) },
  "answers twice": {
    answers: second((answer) => {
      stdout.write(`${JSON.stringify(answer)}\n`);
      return answer;
    }),
  },
};

const { says, answers } = BEHAVIOURS[argv[2]!]!;
await serve({
  description: { ...description, ...says },
  answer: (answers ?? ((request: Request) => subject.answer(request))) as (request: Request) => Answer,
});
