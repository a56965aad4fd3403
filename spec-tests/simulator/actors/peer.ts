import type { SimulatedProcess } from "../schedule/simulated-process.ts";
import type { OpenFlags } from "../system/file-system.ts";
import type { OpenFile } from "../system/open-file.ts";

/** What a peer does next: a system call, or nothing for a while. */
export type Step = { readonly name: string; readonly action: () => unknown } | { readonly sleepMs: number };

// biome-ignore lint/suspicious/noExplicitAny: what a step yields depends on the step
export type Habit<T> = Generator<Step, T, any>;

/** Performs the steps of a habit, one after the other, until it ends or fails. */
export function perform(process: SimulatedProcess, habit: Habit<void>, ended: (error?: unknown) => void): void {
  const advance = (resume: () => IteratorResult<Step, void>): void => {
    let next: IteratorResult<Step, void>;
    try {
      next = resume();
    } catch (error) {
      ended(error);
      return;
    }
    if (next.done) {
      ended();
      return;
    }
    const step = next.value;
    if ("sleepMs" in step) process.timer(step.sleepMs, () => advance(() => habit.next()));
    else {
      process.call(step.name, step.action, (error, value) =>
        advance(() => (error === undefined ? habit.next(value) : habit.throw(error))),
      );
    }
  };
  process.timer(0, () => advance(() => habit.next()));
}

export function* sleep(sleepMs: number): Habit<void> {
  yield { sleepMs };
}

/** System calls, as steps. */
export class PeerCalls {
  readonly #process: SimulatedProcess;

  constructor(process: SimulatedProcess) {
    this.#process = process;
  }

  *open(name: string, flags: OpenFlags = {}): Habit<OpenFile> {
    const { files } = this.#process.machine;
    return yield { name: `open ${name} ${Object.keys(flags)}`, action: () => files.open(this.#process, name, flags) };
  }

  /** A call on a file. */
  *on<T>(name: string, file: OpenFile, action: (file: OpenFile) => T): Habit<T> {
    return yield { name: `${name} ${file.descriptor}`, action: () => action(file) };
  }

  *write(file: OpenFile, bytes: Uint8Array, position = 0): Habit<void> {
    yield* this.on("write", file, () => this.#process.machine.files.write(file, bytes, position));
  }

  *close(file: OpenFile): Habit<void> {
    yield* this.on("close", file, () => this.#process.machine.files.close(file));
  }

  /** False: there was nothing. */
  *unlink(name: string): Habit<boolean> {
    try {
      yield { name: `unlink ${name}`, action: () => this.#process.machine.files.unlink(this.#process, name) };
      return true;
    } catch (error) {
      if (hasCode(error, "ENOENT")) return false;
      throw error;
    }
  }
}

export function hasCode(error: unknown, code: string): boolean {
  return (error as { code?: string }).code === code;
}
