import { beforeAll, describe, expect, it } from "vitest";
import { temporaryCache } from "../processes/temporary.ts";
import { buildFamily, isThere, lockFileOf, PEER_NAMES, type PeerName, startOurs, startPeer } from "./family.ts";
import type { OurHost } from "./held-lock.ts";

const HOSTS: readonly OurHost[] = [
  { runtime: "node", kind: "K" },
  { runtime: "node", kind: "P" },
  { runtime: "deno", kind: "K" },
  { runtime: "bun", kind: "K" },
];
/**
 * What is promised. A process number that names nobody any more is seen at once; it may also be hidden by a container.
 */
const RECOVERY_MS = { K: 1000, P: 31_000 };

beforeAll(buildFamily, 300_000);

/** A peer that holds its lock, and one of ours that has found it busy and waits. */
async function weWaitFor(name: PeerName, { runtime, kind }: OurHost) {
  const cache = await temporaryCache();
  const lockFiles = [lockFileOf(name, cache)];
  const [peer, ours] = await Promise.all([
    startPeer(name, { task: "hold", cache }),
    startOurs(runtime, { task: "look-and-hold", kind, lockFiles }),
  ]);
  peer.order("go");
  expect(await peer.hear("holding")).toBeDefined();
  ours.order("go");
  const busy = await ours.hear("busy");
  return { peer, ours, busy, kill: () => Promise.all([peer.kill(), ours.kill()]) };
}

describe.each(HOSTS)("$runtime, kind $kind, waits", (host) => {
  for (const name of PEER_NAMES) {
    it.runIf(isThere(name))(`for ${name}, and gets the lock when it is released`, { timeout: 60_000 }, async () => {
      const { peer, ours, busy, kill } = await weWaitFor(name, host);
      try {
        expect(busy?.what).toContain(String(peer.pid));
        peer.order("release");
        expect(await peer.hear("released")).toBeDefined();
        expect(await ours.hear("holding")).toBeDefined();
        ours.order("release");
        expect(await ours.hear("released")).toMatchObject({ intruded: [] });
      } finally {
        await kill();
      }
    });

    it.runIf(isThere(name))(`for ${name}, and gets the lock when it is killed`, { timeout: 60_000 }, async () => {
      const { peer, ours, kill } = await weWaitFor(name, host);
      try {
        const started = performance.now();
        await peer.kill();
        expect(await ours.hear("holding")).toBeDefined();
        expect(performance.now() - started).toBeLessThan(RECOVERY_MS[host.kind]);
        ours.order("release");
        expect(await ours.hear("released")).toMatchObject({ intruded: [] });
      } finally {
        await kill();
      }
    });
  }
});
