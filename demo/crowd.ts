import { Child, type Command } from "../spec-tests/processes/child.ts";
import type { RuntimeName } from "../spec-tests/processes/commands.ts";
import { ACQUIRE_CALLS } from "./crew.ts";
import type { Assignment, News, Order, Role, Statistics } from "./messages.ts";

/** A worker as main sees it. */
export class Member extends Child<News> {
  readonly assignment: Assignment;
  /** SHA-256 of each token an acquire call returned. */
  readonly acquired: string[] = [];
  statistics: Statistics | undefined;

  constructor(assignment: Assignment, command: Command, onNews: (member: Member, news: News) => void) {
    super(
      "demo/worker.js",
      assignment,
      (news) => {
        if (news.type === "acquired") this.acquired.push(news.sha256);
        if (news.type === "done") this.statistics = news.statistics;
        onNews(this, news);
      },
      command,
    );
    this.assignment = assignment;
  }
}

/** All the processes of one run. */
export class Crowd {
  readonly members: readonly Member[];
  readonly failures: string[] = [];
  /** Acquire calls that have returned. */
  calls = 0;
  readonly #marks: { readonly calls: number; readonly reached: () => void }[] = [];

  constructor(
    assignments: readonly Assignment[],
    commands: Readonly<Record<RuntimeName, Command>>,
    onProgress: (done: number) => void,
  ) {
    this.members = assignments.map(
      (assignment) =>
        new Member(assignment, commands[assignment.runtime], (member, news) => {
          if (news.type === "failed") this.failures.push(`${member.assignment.name}: ${news.what}`);
          if (news.type !== "acquired" && news.type !== "failed") return;
          onProgress(++this.calls);
          for (const mark of this.#marks) if (this.calls >= mark.calls) mark.reached();
        }),
    );
  }

  with(...roles: readonly Role[]): readonly Member[] {
    return this.members.filter(({ assignment }) => roles.includes(assignment.role));
  }

  /** Everybody has opened the cache, each by itself, in the same way. */
  async ready(store: string): Promise<void> {
    for (const member of this.members) {
      const found = (await member.hear("ready"))?.store;
      if (found && found !== store) this.failures.push(`${member.assignment.name}: keeps the cache in ${found}`);
    }
  }

  order(members: readonly Member[], order: Order): void {
    for (const member of members) member.order(order);
  }

  async hear(members: readonly Member[], type: News["type"]): Promise<void> {
    await Promise.all(members.map((member) => member.hear(type)));
  }

  async ended(members: readonly Member[] = this.members): Promise<void> {
    await Promise.all(members.map((member) => member.ended));
  }

  /** Resolves when this part of the acquire calls has returned, or when nobody is left who could make one. */
  async fraction(part: number): Promise<void> {
    const reached = new Promise<void>((resolve) => {
      if (this.calls >= part * ACQUIRE_CALLS) resolve();
      else this.#marks.push({ calls: part * ACQUIRE_CALLS, reached: resolve });
    });
    await Promise.race([reached, this.ended(this.with("user", "service"))]);
  }

  /** Ends everybody when the run has not ended by then. Returns the function that calls it off. */
  giveUpAfter(ms: number): () => void {
    const timer = setTimeout(() => {
      this.failures.push(`not finished after ${ms / 1000} s`);
      for (const member of this.members) void member.kill();
    }, ms);
    return () => clearTimeout(timer);
  }
}
