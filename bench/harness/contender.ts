import { commandFor, type RuntimeName } from "../../spec-tests/processes/commands.ts";
import { type Command, Conversation } from "../../spec-tests/processes/conversation.ts";
import type { Answer, Assignment, Order } from "../contenders/orders.ts";
import { pathOf } from "./paths.ts";

const DEFAULTS: Assignment = { library: "ours", cache: "", store: "file", kind: "K", sync: true, client: 0 };
const NODE_PROGRAM = pathOf("dist/bench/contenders/node.js");
const PYTHON_PROGRAM = pathOf("bench/contenders/python.py");

export type Given = Partial<Omit<Assignment, "library">> & { readonly cache: string };

/** A process that takes orders: one of ours, or a peer. */
export class Contender {
  readonly #conversation: Conversation<Answer>;

  private constructor(command: Command, assignment: Assignment, environment: Readonly<Record<string, string>>) {
    this.#conversation = new Conversation<Answer>(command, assignment, undefined, environment);
  }

  static async ours(given: Given, runtime: RuntimeName = "node"): Promise<Contender> {
    return Contender.#started([...(await commandFor(runtime)), NODE_PROGRAM], { ...DEFAULTS, ...given });
  }

  static nodePeer(given: Given): Promise<Contender> {
    return Contender.#started([process.execPath, NODE_PROGRAM], { ...DEFAULTS, ...given, library: "peer" });
  }

  static bare(given: Given, library: "bare" | "bare, in turn" = "bare"): Promise<Contender> {
    return Contender.#started([process.execPath, NODE_PROGRAM], { ...DEFAULTS, ...given, library });
  }

  /** @param environment where Python's msal-extensions comes from */
  static python(given: Given, python: string, environment: Readonly<Record<string, string>>): Promise<Contender> {
    return Contender.#started([python, PYTHON_PROGRAM], { ...DEFAULTS, ...given }, environment);
  }

  static async #started(
    command: Command,
    assignment: Assignment,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Contender> {
    const contender = new Contender(command, assignment, environment);
    if ((await contender.#conversation.hear("answer")) === undefined) throw new Error(`${command[0]} did not start`);
    return contender;
  }

  /** @throws where it could not be done */
  async ask(order: Order): Promise<Answer> {
    const answer = await this.attempt(order);
    if (answer.failure !== undefined) throw new Error(`${order.do}: ${answer.failure}`);
    return answer;
  }

  /** As `ask`; what went wrong is in the answer. */
  async attempt(order: Order): Promise<Answer> {
    this.#conversation.order(order);
    return (await this.#conversation.hear("answer")) ?? { type: "answer", failure: "it has ended" };
  }

  async times(order: Order): Promise<readonly number[]> {
    return (await this.ask(order)).times ?? [];
  }

  end(): Promise<void> {
    return this.#conversation.kill();
  }
}
