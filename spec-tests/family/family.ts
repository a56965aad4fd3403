import { join } from "node:path";
import { HOME_TENANT } from "../authority/index.ts";
import { type Command, compiled } from "../processes/child.ts";
import { commandFor, type RuntimeName } from "../processes/commands.ts";
import { Conversation } from "../processes/conversation.ts";
import type { OurAssignment, OurNews, PeerAssignment, PeerNews } from "./orders.ts";
import { build, missingFor, PEERS, type PeerName } from "./setup.mjs";

export type { PeerName } from "./setup.mjs";

export const PEER_NAMES = Object.keys(PEERS) as PeerName[];

const missing = new Map(PEER_NAMES.map((name) => [name, missingFor(name)]));
for (const [name, programs] of missing)
  if (programs.length > 0) console.warn(`${name} cannot be built here, not installed: ${programs.join(", ")}`);

export const isThere = (name: PeerName): boolean => missing.get(name)!.length === 0;
export const installedPeers = (): PeerName[] => PEER_NAMES.filter(isThere);

/** To be awaited before the first peer is started; minutes, when nothing is built yet. */
export const buildFamily = () => build(installedPeers());

/** Java has one lock a folder. */
export const lockFileOf = (name: PeerName, cache: string): string =>
  name === "java" ? join(cache, "../.lockfile") : `${cache}.lockfile`;

const DEFAULTS = { clientId: "5e57ab1e-0000-4000-8000-0000000000f0", authorityUrl: "", tenant: HOME_TENANT, tokens: 0 };

/** What is put before a command: a tracer, say. */
type Prefix = readonly string[];
type Given<T extends { readonly task: string }> = Partial<T> & Pick<T, "task">;
type Listener<News> = (news: News) => void;

/** One of the family, ready to be told to `go`. */
export async function startPeer(
  name: PeerName,
  given: Given<PeerAssignment> & { cache: string },
  onNews?: Listener<PeerNews>,
  prefix: Prefix = [],
): Promise<Conversation<PeerNews>> {
  const { command, environment } = PEERS[name];
  const hear = (news: PeerNews) => {
    if (news.type === "failed") console.error(`${name}: ${news.what}`);
    onNews?.(news);
  };
  const run = [...prefix, ...command] as unknown as Command;
  return ready(new Conversation<PeerNews>(run, { ...DEFAULTS, ...given }, hear, environment), name);
}

/** One of ours, ready to be told to `go`. */
export async function startOurs(
  runtime: RuntimeName,
  given: Given<OurAssignment>,
  onNews?: Listener<OurNews>,
  prefix: Prefix = [],
): Promise<Conversation<OurNews>> {
  const command = [...prefix, ...(await commandFor(runtime)), compiled("spec-tests/family/ours.js")];
  const assignment = { ...DEFAULTS, kind: "K", cache: "", lockFiles: [], alsoLock: [], ...given };
  return ready(new Conversation<OurNews>(command as unknown as Command, assignment, onNews), runtime);
}

async function ready<News extends { readonly type: string }>(
  process: Conversation<News>,
  name: string,
): Promise<Conversation<News>> {
  if ((await process.hear("ready")) === undefined) throw new Error(`${name} did not start`);
  return process;
}
