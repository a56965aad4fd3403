/** Runs tasks one after the other, in the order they were handed in. A task that fails does not stop the next. */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const outcome = this.#tail.then(task);
    this.#tail = outcome.catch(() => undefined);
    return outcome;
  }

  /**
   * A function whose callers share one run of `task`, provided it has not begun when they call: a run that is under
   * way may have looked at the store before something the caller knows of was written.
   */
  shared<T>(task: () => Promise<T>): () => Promise<T> {
    let waiting: Promise<T> | undefined;
    return () => {
      waiting ??= this.run(() => {
        waiting = undefined;
        return task();
      });
      return waiting;
    };
  }
}
