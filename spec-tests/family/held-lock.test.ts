import { beforeAll, describe, expect, it } from "vitest";
import { buildFamily, isThere, PEER_NAMES, type PeerName } from "./family.ts";
import { againstAllPeers, type OurHost, type PeerOutcome } from "./held-lock.ts";

const HOSTS: readonly OurHost[] = [
  { runtime: "node", kind: "K" },
  { runtime: "node", kind: "P" },
  { runtime: "deno", kind: "K" },
  { runtime: "bun", kind: "K" },
];
const HELD_MS = 8000;

/** What a peer does, and how many milliseconds it tries before. One that waits has the lock once we have let go. */
type Behaviour = readonly [does: "waits" | "gives up" | "goes on regardless", afterMs: number];

const BEHAVIOUR: Readonly<Record<OurHost["kind"], Readonly<Record<PeerName, Behaviour>>>> = {
  K: {
    "python+portalocker": ["waits", 0],
    python: ["gives up", 5000],
    node: ["waits", 0],
    go: ["gives up", 5000],
    java: ["waits", 0],
  },
  // Without kernel locks there is nothing that these three look at.
  P: {
    "python+portalocker": ["goes on regardless", 5000],
    python: ["gives up", 5000],
    node: ["waits", 0],
    go: ["goes on regardless", 0],
    java: ["goes on regardless", 6000],
  },
};

const results: ReadonlyMap<PeerName, PeerOutcome>[] = [];

beforeAll(async () => {
  await buildFamily();
  // All are started before the first is told to go, so that none measures another's start.
  const rounds = await Promise.all(HOSTS.map((host) => againstAllPeers(host, HELD_MS)));
  results.push(...(await Promise.all(rounds.map((run) => run()))));
}, 300_000);

describe.each(HOSTS.map((host, n) => ({ ...host, n })))(
  "$runtime, kind $kind, holds the lock for 8 s",
  ({ kind, n }) => {
    for (const name of PEER_NAMES) {
      const [does, afterMs] = BEHAVIOUR[kind][name];
      it.runIf(isThere(name))(`${name} ${does}`, () => {
        const { outcome, beforeRelease, intruded } = results[n]!.get(name)!;
        expect(outcome.type).toBe(does === "gives up" ? "refused" : "holding");
        expect(beforeRelease).toBe(does !== "waits");
        // A timer of 5000 ms may end a millisecond early by another clock.
        expect(outcome.afterMs).toBeGreaterThanOrEqual(afterMs - 50);
        expect(intruded).toBe(does === "goes on regardless");
      });
    }
  },
);
