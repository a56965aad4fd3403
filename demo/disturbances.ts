import type { Crowd } from "./crowd.ts";
import type { Order } from "./messages.ts";
import type { Sizes } from "./torn.ts";

export interface Disturbances {
  /** Process id of the holder that was killed. */
  readonly killedHolder: number;
  readonly tail: Sizes;
  readonly cut: Sizes;
}

/** A quarter through, a holder of the cache's lock is killed; half through and near the end, the file is torn. */
export async function disturb(crowd: Crowd, event: (text: string) => void): Promise<Disturbances> {
  const killedHolder = await killHolder(crowd);
  event(`process ${killedHolder} held the lock of the cache and was killed (SIGKILL)`);
  await crowd.fraction(0.5);
  const tail = await tear(crowd, "tail");
  event(`a peer wrote a short document over a longer one: ${tail.before} bytes of JSON, ${tail.after} in the file`);
  await settle(crowd);
  const cut = await tear(crowd, "cut");
  event(`a peer died in mid-write: ${cut.after} of ${cut.before} bytes left`);
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

/**
 * Refresh tokens carry no time stamp: a process that remembers an older one than the file held cannot know that it is
 * older. So the users' refreshes rest, and everybody has looked at the cache, before half of it is cut away. The services
 * go on.
 */
async function settle(crowd: Crowd): Promise<void> {
  await crowd.hear(crowd.with("user"), "waiting");
  crowd.order(crowd.with("user", "service"), "look");
  await crowd.hear(crowd.with("user", "service"), "looked");
}

async function tear(crowd: Crowd, order: Extract<Order, "tail" | "cut">): Promise<Sizes> {
  const [vandal] = crowd.with("vandal");
  vandal!.order(order);
  const torn = await vandal!.hear("torn");
  return { before: torn?.before ?? 0, after: torn?.after ?? 0 };
}
