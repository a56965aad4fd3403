import { mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RuntimeName } from "../processes/commands.ts";
import { installedPeers, lockFileOf, type PeerName, startOurs, startPeer } from "./family.ts";
import type { PeerNews } from "./orders.ts";

export interface OurHost {
  readonly runtime: RuntimeName;
  readonly kind: "K" | "P";
}

export interface PeerOutcome {
  readonly outcome: Extract<PeerNews, { type: "holding" | "refused" }>;
  /** It had its outcome while we held the lock. */
  readonly beforeRelease: boolean;
  /** Our `unlock` said that we had not been alone. */
  readonly intruded: boolean;
}

/**
 * One of ours and all the peers, each peer with a cache of its own and we with the locks of all: so they
 * cannot meet each other, only us. What is returned takes the locks, lets the peers try, lets go after
 * `heldMs`, and says what became of each.
 */
export async function againstAllPeers({ runtime, kind }: OurHost, heldMs: number) {
  const folder = await mkdtemp(join(tmpdir(), "msal-extensions-"));
  const names = installedPeers();
  const cacheOf = (name: PeerName) => join(folder, name, "cache.json");
  for (const name of names) mkdirSync(join(folder, name));
  const lockFiles = names.map((name) => lockFileOf(name, cacheOf(name)));
  const ours = await startOurs(runtime, { task: "hold", kind, lockFiles });
  const peers = await Promise.all(names.map((name) => startPeer(name, { task: "hold", cache: cacheOf(name) })));

  async function run(): Promise<Map<PeerName, PeerOutcome>> {
    ours.order("go");
    await ours.hear("holding");
    let released = false;
    const ending = peers.map(async (peer, n) => {
      peer.order("go");
      const outcome = await Promise.race([peer.hear("holding"), peer.hear("refused")]);
      if (outcome === undefined) throw new Error(`${names[n]} ended without a word`);
      return { outcome, beforeRelease: !released };
    });
    await new Promise((resolve) => setTimeout(resolve, heldMs)); // The time itself is what is tested.
    released = true;
    ours.order("release");
    const intruded = new Set((await ours.hear("released"))?.intruded);
    const outcomes = await Promise.all(ending);
    return new Map(names.map((name, n) => [name, { ...outcomes[n]!, intruded: intruded.has(lockFiles[n]!) }]));
  }

  return async () => {
    try {
      return await run();
    } finally {
      await Promise.all([ours, ...peers].map((child) => child.kill()));
      await rm(folder, { recursive: true, force: true });
    }
  };
}
