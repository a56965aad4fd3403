import { CacheMerger } from "../../hosts/shared/core/cache-merger.ts";
import type { CoreModule } from "../../hosts/shared/core/core-module.ts";
import { type Description, KINDS, type Request, SUITE_VERSION, type Subject } from "./protocol.ts";
import { PureSubject } from "./pure-subject.ts";
import { playTrace } from "./trace-player.ts";

/** A build of the core in this process. */
export class CoreSubject implements Subject {
  readonly description: Description;
  readonly #module: CoreModule;
  readonly #pure: PureSubject;
  readonly #atOnce: boolean;

  constructor(name: string, module: CoreModule, answers: "at once" | "later") {
    this.description = { name, language: "TypeScript", suiteVersion: SUITE_VERSION, capabilities: KINDS };
    this.#module = module;
    this.#pure = new PureSubject(name, new CacheMerger(module));
    this.#atOnce = answers === "at once";
  }

  answer(request: Request) {
    if (request.run !== "trace") return this.#pure.answer(request);
    return { id: request.id, trace: playTrace(this.#module, request, this.#atOnce) };
  }
}
