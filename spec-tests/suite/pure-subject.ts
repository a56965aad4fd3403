import { fromBase64, toBase64 } from "../../hosts/shared/values/base64.ts";
import type { Merger } from "../support/core-builds.ts";
import { attempt } from "../support/core-builds.ts";
import { type Answer, type Description, PURE_KINDS, type Request, SUITE_VERSION, type Subject } from "./protocol.ts";

/** Whatever merges, salvages and inspects in this process, but has no state machines. */
export class PureSubject implements Subject {
  readonly description: Description;
  readonly #merger: Merger;

  constructor(name: string, merger: Merger) {
    const cannot = { lock: "has no lock protocol", session: "has no sessions" };
    this.description = { name, language: "TypeScript", suiteVersion: SUITE_VERSION, capabilities: PURE_KINDS, cannot };
    this.#merger = merger;
  }

  answer(request: Request): Answer {
    if (request.run === "trace") return { id: request.id, error: { code: "not_supported" } };
    const { result, error } = attempt(() => this.#answer(request));
    return { id: request.id, ...(error ? { error } : { result: result! }) };
  }

  #answer(request: Exclude<Request, { run: "trace" }>): Record<string, unknown> {
    switch (request.run) {
      case "merge": {
        const [base, theirs] = [optional(request.base), optional(request.theirs)];
        const outcome = this.#merger.merge(base, fromBase64(request.ours), theirs);
        return { ...outcome, content: toBase64(outcome.content) };
      }
      case "salvage":
        return { content: toBase64(this.#merger.salvage(fromBase64(request.document)).content) };
      case "inspect":
        return { ...this.#merger.inspect(fromBase64(request.document), request.nowSeconds) };
    }
  }
}

const optional = (document: string | null) => (document === null ? undefined : fromBase64(document));
