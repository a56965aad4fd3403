import type { CoreModule } from "../../hosts/shared/core/core-module.ts";
import { fromBase64, toBase64 } from "../../hosts/shared/values/base64.ts";
import { type Call, RawCore } from "../session/raw-core.ts";
import type { Observed, ScriptedAnswer, ScriptedStart, TraceRequest } from "./protocol.ts";

/**
 * Plays a script on a fresh instance of the core and writes down what the core does. `atOnce`: outcomes are handed over
 * inside the import, as a synchronous host does; otherwise after `poll` has returned.
 */
export function playTrace(module: CoreModule, request: TraceRequest, atOnce: boolean): Observed[] {
  return new Player(module, request, atOnce).play();
}

class Player {
  readonly #raw: RawCore;
  readonly #atOnce: boolean;
  readonly #script: Array<ScriptedStart | ScriptedAnswer>;
  readonly #observed: Observed[] = [];
  #owed = false;

  constructor(module: CoreModule, request: TraceRequest, atOnce: boolean) {
    this.#atOnce = atOnce;
    this.#script = [...request.script];
    this.#raw = new RawCore(
      module,
      (call) => this.#called(call),
      (log) => this.#observed.push({ log }),
    );
    this.#raw.now = request.now;
    this.#raw.random = request.random;
    this.#raw.core.configure(request.maxBytes, request.timeoutMs, 0n);
    this.#raw.core.configure_cipher(request.cipher ? 1 : 0);
  }

  play(): Observed[] {
    for (let next = this.#script.shift(); next !== undefined; next = this.#script.shift()) {
      if (!("start" in next)) return this.#stop("an answer that nobody waits for");
      if (!this.#operate(next)) return this.#stop("a call without an answer");
    }
    return this.#observed;
  }

  /** False: the core called what the script has no answer for. */
  #operate(start: ScriptedStart): boolean {
    const { core } = this.#raw;
    const refused = this.#start(start);
    if (refused !== 0) this.#observed.push({ refused });
    else {
      while (core.poll() === 0) if (!this.#owed || !this.#complete()) return false;
      this.#observed.push({ end: this.#end() });
    }
    core.reset();
    return true;
  }

  #start({ start, base, ours, baseIsCurrent }: ScriptedStart): number {
    const { core } = this.#raw;
    if (start !== "commit") return core[start as "load" | "update" | "clear" | "lock" | "unlock" | "renew"]();
    const [basePointer, baseLength] = base == null ? [0, 0] : this.#put(base);
    const [oursPointer, oursLength] = this.#put(ours ?? "");
    return core.commit(basePointer, baseLength, oursPointer, oursLength, baseIsCurrent ? 1 : 0);
  }

  #put(content: string): [pointer: number, length: number] {
    const bytes = fromBase64(content);
    return [this.#raw.put(bytes), bytes.length];
  }

  #called({ name, value, bytes }: Call): void {
    this.#observed.push({
      call: name,
      ...(value !== undefined && { value }),
      ...(bytes !== undefined && { bytes: toBase64(bytes) }),
    });
    this.#owed = true;
    if (this.#atOnce) this.#complete();
  }

  #complete(): boolean {
    const [answer] = this.#script;
    if (answer === undefined || "start" in answer) return false;
    this.#script.shift();
    this.#owed = false;
    this.#raw.now += answer.passMs;
    this.#raw.complete(answer.status, fromBase64(answer.payload));
    return true;
  }

  #end() {
    const { core } = this.#raw;
    const bytes = (at: number) => this.#raw.bytes(this.#raw.word(at), this.#raw.word(at + 1));
    return {
      record: toBase64(this.#raw.bytes(core.result(), 64)),
      data: toBase64(bytes(3)),
      detail: new TextDecoder().decode(bytes(10)),
    };
  }

  #stop(stopped: string): Observed[] {
    this.#observed.push({ stopped });
    return this.#observed;
  }
}
