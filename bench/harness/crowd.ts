import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import type { Answer } from "../contenders/orders.ts";
import { createDocument } from "../documents.ts";
import type { Contender, Given } from "./contender.ts";

/** What came of many processes that wrote to one file at once. */
export interface Crowd {
  /** Tokens that whoever fetched them takes for saved, and that are not in the file in the end. */
  readonly lost: number;
  /** Tokens that were not fetched, because whoever should have gave up with an error. */
  readonly missing: number;
  /** From the start to the last one's end, in milliseconds. */
  readonly total: number;
  /** Milliseconds of each commit. */
  readonly times: readonly number[];
  /** The same but for the first of each process. */
  readonly later: readonly number[];
  /** Milliseconds of a processor that all of them took together. */
  readonly processor: number;
  /** Milliseconds after which each process was done. */
  readonly ends: readonly number[];
}

/** SHA-256 of all access tokens in a file; none where it is no JSON any more. */
export async function storedTokens(cache: string): Promise<Set<string>> {
  try {
    const { AccessToken = {} } = JSON.parse(await readFile(cache, "utf8")) as {
      AccessToken?: Record<string, { secret: string }>;
    };
    return new Set(Object.values(AccessToken).map(({ secret }) => createHash("sha256").update(secret).digest("hex")));
  } catch {
    return new Set();
  }
}

interface Setting {
  readonly cache: string;
  readonly processes: number;
  readonly tokens: number;
  /** Each has a file of its own, in which there are so many tokens already. */
  readonly apartWith?: number;
  /** Commits of each before: the same tokens, which are then renewed. */
  readonly before?: number;
}

/** The file that each of them works on. */
async function cachesOf({ cache, processes, apartWith }: Setting): Promise<string[]> {
  const members = Array.from({ length: processes }, (_, client) => client);
  if (apartWith === undefined) return members.map(() => cache);
  const caches = members.map((client) => `${cache}.${client}`);
  const document = JSON.stringify(createDocument(apartWith + 1));
  await Promise.all(caches.map((path) => writeFile(path, document)));
  return caches;
}

/** Starts them all first, so that none measures another's start. */
export async function crowd(start: (given: Given) => Promise<Contender>, setting: Setting): Promise<Crowd> {
  const { processes, tokens, before = 0 } = setting;
  const caches = await cachesOf(setting);
  const members = await Promise.all(caches.map((cache, client) => start({ cache, client })));
  try {
    await Promise.all(members.map((member) => member.attempt({ do: "commit", from: 0, count: before })));
    const started = performance.now();
    const ends: number[] = [];
    const work = async (member: Contender): Promise<Answer> => {
      const answer = await member.attempt({ do: "commit", from: 0, count: tokens });
      ends.push(performance.now() - started);
      return answer;
    };
    const answers = await Promise.all(members.map(work));
    const stored = new Set((await Promise.all([...new Set(caches)].map(storedTokens))).flatMap((found) => [...found]));
    const fetched = answers.flatMap((answer) => answer.tokens ?? []);
    return {
      lost: fetched.filter((token) => !stored.has(token)).length,
      missing: processes * tokens - fetched.length,
      total: Math.max(...ends),
      times: answers.flatMap((answer) => answer.times ?? []),
      later: answers.flatMap((answer) => answer.times?.slice(1) ?? []),
      processor: answers.reduce((sum, answer) => sum + (answer.processor ?? Number.NaN), 0),
      ends,
    };
  } finally {
    await Promise.all(members.map((member) => member.end()));
  }
}
