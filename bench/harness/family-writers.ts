import { startAuthority } from "../../spec-tests/authority/server.ts";
import { Conversation } from "../../spec-tests/processes/conversation.ts";
import { clientIdOf } from "../contenders/orders.ts";
import { type Crowd, storedTokens } from "./crowd.ts";
import type { Peers } from "./peers.ts";

interface News {
  readonly type: string;
  readonly sha256?: string;
}

interface Work {
  readonly cache: string;
  readonly processes: number;
  readonly tokens: number;
}

const TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad";

/**
 * Go and Java as the family's tests have them: their tokens come over HTTP, from an authority in this process. So their
 * times are not comparable with the others'; what they lose is.
 */
export async function writersOfFamily(peers: Peers, name: "go" | "java", work: Work): Promise<Crowd> {
  const { cache, processes, tokens } = work;
  const { command, environment } = peers.program(name);
  const authority = await startAuthority();
  const written: string[] = [];
  const hear = ({ type, sha256 }: News) => {
    if (type === "wrote" && sha256 !== undefined) written.push(sha256);
  };
  const given = { task: "write", cache, authorityUrl: authority.url, tenant: TENANT, tokens };
  const members = await Promise.all(
    Array.from({ length: processes }, async (_, client) => {
      const assignment = { ...given, clientId: clientIdOf(client) };
      const member = new Conversation<News>(command, assignment, hear, environment);
      await member.hear("ready");
      return member;
    }),
  );
  try {
    const ends = await workOf(members);
    const stored = await storedTokens(cache);
    return {
      lost: written.filter((token) => !stored.has(token)).length,
      missing: processes * tokens - written.length,
      total: Math.max(...ends),
      times: [],
      later: [],
      processor: Number.NaN,
      ends,
    };
  } finally {
    await Promise.all(members.map((member) => member.kill()));
    await authority.close();
  }
}

/** When each was done, in milliseconds since all began. */
async function workOf(members: ReadonlyArray<Conversation<News>>): Promise<number[]> {
  const ends: number[] = [];
  const started = performance.now();
  for (const member of members) member.order("go");
  await Promise.all(
    members.map(async (member) => {
      await member.hear("done");
      ends.push(performance.now() - started);
    }),
  );
  return ends;
}
