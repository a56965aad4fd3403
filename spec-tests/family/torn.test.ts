import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { beforeAll, describe, expect, it } from "vitest";
import { TokenCacheStore } from "../../hosts/node/index.ts";
import { HOME_TENANT, startAuthority } from "../authority/index.ts";
import type { Conversation } from "../processes/conversation.ts";
import { storedKey } from "../processes/stored.ts";
import { temporaryCache } from "../processes/temporary.ts";
import { buildFamily, isThere, lockFileOf, PEER_NAMES, type PeerName, startPeer } from "./family.ts";
import { canTrace } from "./file-trace.ts";
import type { PeerNews } from "./orders.ts";

beforeAll(buildFamily, 300_000);

/**
 * The peers' files may not become longer, so a longer write ends here. Less than the 512 KiB
 * that Node.js writes at a time.
 */
const LIMIT = 1000 * 512;
const LIMITED = ["sh", "-c", `ulimit -f ${LIMIT / 512}; exec "$@"`, "sh"];
const IN_PLACE = PEER_NAMES.filter((name) => name !== "java");
const CLIENT = "5e57ab1e-0000-4000-8000-0000000000aa";
const WAIT_US = 120_000_000;

type Entity = Readonly<Record<string, string>>;

/** What another application has stored: 1.2 MB, so that whoever rewrites it is torn in the midst of it. */
const LARGE = new Map<string, Entity>(
  Array.from({ length: 1000 }, (_, n) => {
    const target = `https://resource-${n}.example.com/.default`;
    const entity = {
      ...{ home_account_id: "", environment: "login.windows.net", credential_type: "AccessToken", client_id: CLIENT },
      ...{ secret: `secret-${n}-${"x".repeat(900)}`, realm: HOME_TENANT, target, token_type: "Bearer" },
      ...{ cached_at: "1700000000", expires_on: "4000000000", extended_expires_on: "4000000000" },
    };
    return [storedKey(CLIENT, target), entity];
  }),
);

const CACHE = "{the cache}";
const strace = (calls: string, injection: string, ...only: string[]) => [
  "strace",
  "-f",
  "--seccomp-bpf",
  "-qq",
  "-o",
  "/dev/null",
  ...only,
  "-e",
  `trace=${calls}`,
  "-e",
  `inject=${calls}:${injection}`,
];

/** A peer that is about to add a token of its own to the large cache. */
async function writer(name: PeerName, prefix: readonly string[]) {
  const cache = await temporaryCache();
  writeFileSync(cache, JSON.stringify({ AccessToken: Object.fromEntries(LARGE) }), { mode: 0o600 });
  const authority = await startAuthority();
  const given = { task: "write", cache, authorityUrl: authority.url, tokens: 1 } as const;
  const onCache = prefix.map((word) => (word === CACHE ? cache : word));
  const peer = await startPeer(name, given, undefined, onCache);
  peer.order("go");
  return { cache, peer, end: () => Promise.all([peer.kill(), authority.close()]) };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/**
 * Kills whom the lock file names, and then strace, which would sit its delay out. Its output
 * is closed when both have ended.
 */
async function killHolder(lockFile: string, strace: Conversation<PeerNews>): Promise<void> {
  process.kill(Number(/\d+/.exec(readFileSync(lockFile, "utf8"))![0]), "SIGKILL");
  await strace.kill();
}

const accessTokens = (content: Uint8Array | string): Map<string, Entity> =>
  new Map(Object.entries(JSON.parse(content.toString()).AccessToken));

/** Entities have no braces in them, so one is complete if a closing one follows its secret. */
function completeIn(torn: string): Array<[key: string, entity: unknown]> {
  return [...LARGE].flatMap(([key, { secret }]): Array<[string, unknown]> => {
    const at = torn.indexOf(`"${secret}"`);
    const end = torn.indexOf("}", at) + 1;
    return at === -1 || end === 0 ? [] : [[key, JSON.parse(torn.slice(torn.lastIndexOf("{", at), end))]];
  });
}

async function loadAndCommit(cache: string, alsoLock: readonly string[] = []) {
  const store = await TokenCacheStore.open(cache, { alsoLock });
  const outcome = await store.load();
  const stored = Buffer.from(outcome.content!).toString();
  await store.commit(stored, stored.replace('"AccessToken":{', '"AccessToken":{"ours":{"secret":"ours"},'));
  await store.close();
  expect(accessTokens(readFileSync(cache, "utf8")).get("ours")).toEqual({ secret: "ours" });
  return { ...outcome, tokens: accessTokens(stored) };
}

describe.runIf(canTrace())("killed in mid-write", () => {
  const stopping = [...LIMITED, ...strace("write,pwrite64,writev", `delay_exit=${WAIT_US}`, "-P", CACHE)];

  for (const name of IN_PLACE) {
    it.runIf(isThere(name))(
      `${name}: nothing complete is lost, and the original is kept`,
      { timeout: 60_000 },
      async () => {
        const { cache, peer, end } = await writer(name, stopping);
        try {
          await until(() => statSync(cache).size === LIMIT);
          killHolder(`${cache}.lockfile`, peer);
          await peer.kill();
          const torn = readFileSync(cache);
          expect(torn.length).toBe(LIMIT);
          const complete = completeIn(torn.toString());
          expect(complete.length).toBeGreaterThan(100);
          const { salvaged, setAside, tokens } = await loadAndCommit(cache);
          expect({ salvaged, setAside }).toEqual({ salvaged: true, setAside: true });
          for (const [key, entity] of complete) expect(tokens.get(key)).toEqual(entity);
          const kept = readdirSync(dirname(cache)).filter((file) => file.startsWith("cache.json.damaged-"));
          expect(kept).toHaveLength(1);
          expect(readFileSync(join(dirname(cache), kept[0]!)).equals(torn)).toBe(true);
        } finally {
          await end();
        }
      },
    );
  }

  it.runIf(isThere("java")).each([
    ["before", "signal=SIGKILL"],
    ["after", `delay_exit=${WAIT_US}`],
  ])(
    "java, %s it renames: a whole file is there, and nothing to salvage",
    { timeout: 60_000 },
    async (when, injection) => {
      const { cache, peer, end } = await writer("java", strace("rename,renameat,renameat2", injection));
      const lockFile = lockFileOf("java", cache);
      const { ino } = statSync(cache);
      try {
        if (when === "after") {
          await until(() => statSync(cache).ino !== ino);
          await killHolder(lockFile, peer);
        }
        await peer.ended;
        expect(existsSync(lockFile)).toBe(true);
        expect(statSync(cache).ino === ino).toBe(when === "before");
        const { salvaged, tokens } = await loadAndCommit(cache, [lockFile]);
        expect(salvaged).toBe(false);
        expect(tokens.size).toBe(LARGE.size + (when === "after" ? 1 : 0));
        for (const [key, { secret }] of LARGE) expect(tokens.get(key)?.secret).toBe(secret);
        expect(existsSync(lockFile)).toBe(false);
      } finally {
        await end();
      }
    },
  );
});
