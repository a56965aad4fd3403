type Timer = { ref?(): void; unref?(): void } | undefined;

// Whether the process runs on for a timer. Deno 2.2 has numbers for timers, which cannot be told:
// there it runs on for all of them.

export function ref(timer: unknown): void {
  (timer as Timer)?.ref?.();
}

export function unref(timer: unknown): void {
  (timer as Timer)?.unref?.();
}
