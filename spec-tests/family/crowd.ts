import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Authority, startAuthority } from "../authority/index.ts";
import type { Conversation } from "../processes/conversation.ts";
import { storedAccessTokens } from "../processes/stored.ts";
import { lockFileOf, type PeerName, startOurs, startPeer } from "./family.ts";
import { type FileOperation, readTrace, tracing } from "./file-trace.ts";
import type { OurNews, PeerNews } from "./orders.ts";
import { type Drop, Versions } from "./versions.ts";

const RUNTIMES = ["node", "deno", "bun"] as const;
const OURS = RUNTIMES.map((runtime) => `our ${runtime}` as const);
export type WriterName = (typeof OURS)[number] | PeerName;

export const isOurs = (name: WriterName): boolean => (OURS as readonly WriterName[]).includes(name);

export interface Crowd {
  readonly peers: readonly PeerName[];
  /** Of each writer. */
  readonly tokens: number;
  /** Python locks what Java locks, instead of its own. */
  readonly pythonLocksFolder?: boolean;
  /** Every change of the file is recorded. */
  readonly isTraced?: boolean;
}

/** A token whose writer was told that it is stored, and that is not in the file. */
export interface Loss {
  readonly of: WriterName;
  readonly drop: Drop<WriterName> | undefined;
}

export interface CrowdReport {
  readonly written: number;
  readonly missed: readonly string[];
  readonly losses: readonly Loss[];
}

/**
 * What the traces add up to is not what the file is: where two calls overlap on an overloaded machine, their times do
 * not always tell which came first.
 */
export class UncertainOrder extends Error {}

/**
 * Our three hosts and some of the others, started together, write tokens to one file. Where Java
 * is, ours hold its lock as well.
 */
export async function runCrowd(crowd: Crowd): Promise<CrowdReport> {
  const authority = await startAuthority();
  const folder = await mkdtemp(join(tmpdir(), "msal-extensions-"));
  try {
    return await new CrowdRun(crowd, join(folder, "cache.json"), authority).run();
  } finally {
    await authority.close();
    await rm(folder, { recursive: true, force: true });
  }
}

class CrowdRun {
  readonly #crowd: Crowd;
  readonly #cache: string;
  readonly #authority: Authority;
  readonly #names: readonly WriterName[];
  readonly #written = new Map<string, WriterName>();
  readonly #missed: string[] = [];

  constructor(crowd: Crowd, cache: string, authority: Authority) {
    this.#crowd = crowd;
    this.#cache = cache;
    this.#authority = authority;
    this.#names = [...OURS, ...crowd.peers];
  }

  async run(): Promise<CrowdReport> {
    const writers = await Promise.all(this.#names.map((name, n) => this.#start(name, n)));
    try {
      for (const writer of writers) writer.order("go");
      await Promise.all(writers.map((writer) => writer.ended));
    } finally {
      await Promise.all(writers.map((writer) => writer.kill()));
    }
    const stored = new Set((await storedAccessTokens(this.#cache)).values());
    const versions = this.#crowd.isTraced ? await this.#versions() : undefined;
    const lost = [...this.#written].filter(([sha256]) => !stored.has(sha256));
    const losses = lost.map(([sha256, of]) => ({ of, drop: versions?.dropOf(sha256) }));
    return { written: this.#written.size, missed: this.#missed, losses };
  }

  #start(name: WriterName, n: number): Promise<Conversation<PeerNews> | Conversation<OurNews>> {
    const { peers, tokens, pythonLocksFolder, isTraced } = this.#crowd;
    const javasLock = lockFileOf("java", this.#cache);
    const common = { cache: this.#cache, authorityUrl: this.#authority.url, tokens, clientId: clientId(n) };
    const given = { task: "write", ...common } as const;
    const prefix = isTraced ? tracing(this.#log(n)) : [];
    const hear = (news: PeerNews | OurNews) => {
      if (news.type === "wrote") this.#written.set(news.sha256, name);
      if (news.type === "missed") this.#missed.push(`${name}: ${news.what}`);
    };
    const runtime = RUNTIMES[(OURS as readonly WriterName[]).indexOf(name)];
    if (runtime === undefined) {
      const lockFile = pythonLocksFolder ? javasLock : undefined;
      return startPeer(name as PeerName, { ...given, lockFile }, hear, prefix);
    }
    return startOurs(runtime, { ...given, alsoLock: peers.includes("java") ? [javasLock] : [] }, hear, prefix);
  }

  /** Every state that the file was in. What the traces add up to must be what the file is. */
  async #versions(): Promise<Versions<WriterName>> {
    const traces = new Map<WriterName, FileOperation[]>();
    for (const [n, name] of this.#names.entries()) traces.set(name, await readTrace(this.#log(n)));
    const versions = new Versions(this.#cache, traces);
    if (versions.content === (await readFile(this.#cache, "latin1"))) return versions;
    throw new UncertainOrder("The traces have missed a change of the file, or two of them came in another order.");
  }

  #log(n: number): string {
    return `${this.#cache}.${n}.strace`;
  }
}

const clientId = (n: number) => `5e57ab1e-0000-4000-8000-0000000000${10 + n}`;
