/** So many holders before one's own turn, on the average, and whoever is woken by each of them computes more than they do. */
const CROWD = 3;
/** A newcomer has this many to learn that it is one of a crowd. */
const WATCHED_AT_FIRST = 4;
/** Of the usual wait the last so much is watched, and so many milliseconds at least. */
const LAST_SHARE = 0.1;
const LAST_MS = 20;

/**
 * Whether one who waits for a lock is to be woken when it is released, or looks again when its pause has passed. Each release wakes all who watch, and
 * all but one of them for nothing: with 64 processes on one lock that was a third of what they computed, and who had waited longest had no
 * better chance than who had just come. So in a crowd those watch whose turn has nearly come, going by their own last waits; among a few everybody does.
 */
export class Patience {
  #since: number | undefined;
  #holders = 0;
  #lastHolder: bigint | undefined;
  #usualMs = 0;
  #usualHolders = 0;

  /** At the beginning of each pause. `random` lies in [0, 1). */
  watches(now: number, random: () => number): boolean {
    this.#since ??= now;
    if (this.#usualHolders < CROWD) {
      return this.#holders <= WATCHED_AT_FIRST || random() < WATCHED_AT_FIRST / this.#holders;
    }
    return now - this.#since >= this.#usualMs - Math.max(LAST_MS, this.#usualMs * LAST_SHARE);
  }

  /** Somebody has the lock. `file`: the number of the lock file, of which each holder makes a new one. */
  sees(file: bigint): void {
    if (file !== this.#lastHolder) this.#holders += 1;
    this.#lastHolder = file;
  }

  /** The lock has been obtained. */
  end(now: number): void {
    const waited = this.#since === undefined ? 0 : now - this.#since;
    this.#usualMs += (waited - this.#usualMs) / 2;
    this.#usualHolders += (this.#holders - this.#usualHolders) / 2;
    this.giveUp();
  }

  /** Nobody waits any more. */
  giveUp(): void {
    this.#since = undefined;
    this.#holders = 0;
    this.#lastHolder = undefined;
  }
}
