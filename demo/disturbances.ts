import type { Crowd } from "./crowd.ts";
import type { Order } from "./messages.ts";
import type { Sizes } from "./torn.ts";

export interface Disturbances {
  /** Process id of the holder that was killed. */
  readonly killedHolder: number;
  /** `undefined` where the store keeps items whole. */
  readonly tail: Sizes | undefined;
  readonly cut: Sizes | undefined;
}

/**
 * A quarter through, a holder of the cache's lock is killed; in both pauses the file is torn, if the cache is a file.
 */
export async function disturb(crowd: Crowd, tearable: boolean, event: (text: string) => void): Promise<Disturbances> {
  const killedHolder = await killHolder(crowd);
  event(`process ${killedHolder} held the lock of the cache and was killed (SIGKILL)`);
  await settle(crowd, "look");
  const tail = tearable ? await tear(crowd, "tail") : undefined;
  if (tail) event(`a peer wrote a short content over a longer one: ${tail.before} bytes, ${tail.after} in the file`);
  crowd.order(crowd.with("user", "service"), "go on");
  await settle(crowd, "look again");
  const cut = tearable ? await tear(crowd, "cut") : undefined;
  if (cut) event(`a peer died in mid-write: ${cut.after} of ${cut.before} bytes left`);
  crowd.order(crowd.with("user", "service"), "finish");
  if (!tearable) event("the store keeps what it is given whole: there is no file to tear");
  return { killedHolder, tail, cut };
}

async function killHolder(crowd: Crowd): Promise<number> {
  await crowd.fraction(0.25);
  const [victim] = crowd.with("victim");
  victim!.order("hold");
  await victim!.hear("holding");
  await victim!.kill();
  return victim!.pid;
}

/** Everybody rests and has seen what the others have stored. */
async function settle(crowd: Crowd, look: "look" | "look again"): Promise<void> {
  const workers = crowd.with("user", "service");
  await crowd.hear(workers, "waiting");
  crowd.order(workers, look);
  await crowd.hear(workers, "looked");
}

async function tear(crowd: Crowd, order: Extract<Order, "tail" | "cut">): Promise<Sizes> {
  const [vandal] = crowd.with("vandal");
  vandal!.order(order);
  const torn = await vandal!.hear("torn");
  return { before: torn?.before ?? 0, after: torn?.after ?? 0 };
}
