import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { TokenCacheStore } from "../../hosts/node/index.ts";
import { sha256, startAuthority } from "../authority/index.ts";
import { needs } from "../encryption/tools.ts";
import { canTrace } from "../family/file-trace.ts";
import { Child } from "../processes/child.ts";
import type { CommitAssignment, CommitNews } from "../processes/commit-loop.ts";
import { storedAccessTokens } from "../processes/stored.ts";
import { temporaryCache } from "../processes/temporary.ts";
import { drive } from "../runner/drive.ts";
import { allCases } from "../suite/cases.ts";
import { tracingDisk, wasOnDisk } from "../support/disk-trace.ts";
import { Program } from "./program.ts";
import { build, type Command, EMBEDDINGS, type EmbeddingName, missingFor, run as runIn } from "./setup.mjs";

const CLIENT = "5e57ab1e-0000-4000-8000-0000000000e0";
const TOKENS = 25;
const TAKE_OVER = { timeout: 60_000 }; // a killed holder's lease is given up after 8 s

/** What an embedding of the core in another language has to do, in its own process and beside those of Node.js. */
export function describeEmbedding(name: EmbeddingName): void {
  const missing = missingFor(name);
  if (missing.length > 0) console.warn(`${name} cannot be built here, not installed: ${missing.join(", ")}`);
  describe.skipIf(missing.length > 0)(`the embedding in ${name}`, () => {
    beforeAll(() => build(name), 900_000);

    it("passes its own tests", { timeout: 600_000 }, () => runIn(name, EMBEDDINGS[name].tests));
    it("passes all vectors", () => passesAllVectors(name));
    const { example } = EMBEDDINGS[name].programs;
    if (example) it("signs in with its MSAL, and finds the account in the next process", () => signsIn(example));
    it("loses nothing beside Node.js", () => losesNothing(name));
    it.runIf(needs("strace", canTrace()))("has a commit on the disk when it returns", () => isOnDisk(name));
    it("takes a killed holder's lock over from Node.js, and Node.js from it", TAKE_OVER, () => takesOver(name));
  });
}

async function passesAllVectors(name: EmbeddingName): Promise<void> {
  const [program, ...options] = EMBEDDINGS[name].programs.vectors;
  const portable = fileURLToPath(new URL("../../dist/core.portable.wasm", import.meta.url));
  const report = await drive(program, [...options, portable]);
  console.log(report.toString());
  expect(report.count("passed")).toBe(allCases().length);
}

async function isOnDisk(name: EmbeddingName): Promise<void> {
  const cache = await temporaryCache();
  const log = join(dirname(cache), "trace");
  const program = new Program([...tracingDisk(log), ...EMBEDDINGS[name].programs.contention], [cache, "p", "1"]);
  expect(await program.ended).toBe(0);
  expect(await wasOnDisk(log, cache, "committed 0")).toBe(true);
}

/** Twice: the second process finds what the first has stored. */
async function signsIn(example: Command): Promise<void> {
  const cache = await temporaryCache();
  const authority = await startAuthority();
  const run = async () => {
    const program = new Program(example, [cache, CLIENT], { AUTHORITY_URL: authority.url });
    expect(await program.ended).toBe(0);
    return program.lines;
  };
  try {
    const [signedIn] = await run();
    const issued = authority.ledger.issued.length;
    expect(issued).toBeGreaterThan(0);
    const [account] = await accountsIn(cache);
    expect(signedIn).toBe(`signed in: ${account?.username}`);
    expect(await run()).toEqual([`from the cache: ${account?.username}`]);
    expect(authority.ledger.issued).toHaveLength(issued);
  } finally {
    await authority.close();
  }
}

async function accountsIn(cache: string) {
  const store = await TokenCacheStore.open(cache);
  try {
    return await store.accounts();
  } finally {
    await store.close();
  }
}

function contend(name: EmbeddingName, cache: string, prefix: string, count: number, ...hold: string[]): Program {
  return new Program(EMBEDDINGS[name].programs.contention, [cache, prefix, String(count), ...hold]);
}

async function expectCommitted(cache: string, prefix: string, count: number): Promise<void> {
  const stored = await storedAccessTokens(cache);
  const keys = Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
  expect(keys.filter((key) => !stored.has(key))).toEqual([]);
}

/** A process of Node.js that commits tokens of its own; those it says it has committed, from key to digest. */
async function commitBeside(cache: string, commits: number): Promise<Map<string, string>> {
  const committed = new Map<string, string>();
  const assignment: CommitAssignment = { cache, clientId: CLIENT, commits };
  const child = new Child<CommitNews>("spec-tests/processes/commit-loop.js", assignment, (news) => {
    if (news.type === "committed") committed.set(news.key, news.sha256);
  });
  child.order("go");
  expect(await child.ended).toBe(0);
  return committed;
}

async function losesNothing(name: EmbeddingName): Promise<void> {
  const cache = await temporaryCache();
  const programs = ["a", "b"].map((prefix) => contend(name, cache, prefix, TOKENS));
  const committed = await commitBeside(cache, TOKENS);
  for (const program of programs) expect(await program.ended).toBe(0);
  for (const prefix of ["a", "b"]) await expectCommitted(cache, prefix, TOKENS);
  const stored = await storedAccessTokens(cache);
  expect([...committed].filter(([key, digest]) => stored.get(key) !== digest)).toEqual([]);
  expect(stored.size).toBe(2 * TOKENS + committed.size);
}

async function takesOver(name: EmbeddingName): Promise<void> {
  const cache = await temporaryCache();
  const killed = contend(name, cache, "killed", 3, "hold");
  expect(await killed.says("holding")).toBe(true);
  await killed.kill();
  const committed = await commitBeside(cache, 2);

  const holder = new Child<{ type: "holding" }>("spec-tests/processes/lock-holder.js", {
    lockFile: `${cache}.lockfile`,
  });
  expect(await holder.hear("holding")).toBeDefined();
  await holder.kill();
  expect(await contend(name, cache, "next", 2).ended).toBe(0);

  await expectCommitted(cache, "killed", 3);
  await expectCommitted(cache, "next", 2);
  const stored = await storedAccessTokens(cache);
  expect([...committed].filter(([key, digest]) => stored.get(key) !== digest)).toEqual([]);
  expect(stored.get("killed-0")).toBe(sha256("secret of killed-0"));
}
