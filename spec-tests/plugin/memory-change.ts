import type { TokenCache } from "@azure/msal-node";
import fc from "fast-check";
import { expect } from "vitest";
import { CacheMerger } from "../../hosts/shared/core/cache-merger.ts";
import { MemoryHandOver } from "../../hosts/shared/plugin/memory-hand-over.ts";
import { coreModule } from "../session/world.ts";
import { runs } from "../support/generators.ts";
import { accountKey, type CacheJson, CLIENT, document, memoryOf, refreshKey, type Section } from "./fixtures.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const merger = new CacheMerger(coreModule);
const USERS = ["ann", "bob", "cid", "dora"];
const ENVIRONMENT = "login.microsoftonline.com";

type Memory = Record<string, Record<string, unknown>>;

const accessKey = (user: string) => `${user}.tenant-${ENVIRONMENT}-accesstoken-${CLIENT}-tenant-user.read--`;

function accessToken(user: string, secret: string): Record<string, unknown> {
  const owner = { home_account_id: `${user}.tenant`, environment: ENVIRONMENT, client_id: CLIENT };
  const times = { cached_at: "1700000000", expires_on: "1700003600" };
  return { ...owner, credential_type: "AccessToken", secret, realm: "tenant", target: "user.read", ...times };
}

/** An entity as this msal-node has it in memory: older ones tell entities by their classes. */
type Make = (section: Section, key: string, stored: Record<string, unknown>) => Record<string, unknown>;

const maker =
  (create: () => TokenCache): Make =>
  (section, key, entity) => {
    const cache = create();
    cache.deserialize(JSON.stringify({ [section]: { [key]: entity } }));
    return (memoryOf(cache) as Memory)[key]!;
  };

/** What several programs have written, each in its way, and with what MSAL does not know. */
const stored = fc
  .record({
    users: fc.subarray(USERS),
    extra: fc.subarray(USERS),
    unknown: fc.boolean(),
    marker: fc.boolean(),
    indent: fc.constantFrom(0, 2),
  })
  .map(({ users, extra, unknown, marker, indent }) => {
    const cache: CacheJson = document(...users);
    for (const user of users.filter((name) => extra.includes(name))) {
      Object.assign(cache.Account![accountKey(user)]!, { theirs: { a: [1.5, null] }, name: null });
      Object.assign(cache.RefreshToken![refreshKey(user)]!, { theirs: "x", last_modification_time: 12 });
    }
    if (unknown) {
      cache.RefreshToken!.other = { home_account_id: "eve", credential_type: "SomethingElse" };
      Object.assign(cache, { "of somebody": { b: 2 } });
    }
    if (marker) Object.assign(cache, { "msal-extensions.salvaged": "0123456789abcdef" });
    return JSON.stringify(cache, undefined, indent).replace('"b":2', '"b":12345678901234567890');
  });

const EDITS: Record<string, (memory: Memory, user: string, salt: string, make: Make) => void> = {
  "a refresh token": (memory, user, salt, make) => {
    const token = document(user).RefreshToken![refreshKey(user)];
    memory[refreshKey(user)] = make("RefreshToken", refreshKey(user), { ...token, secret: salt });
  },
  "an access token": (memory, user, salt, make) => {
    memory[accessKey(user)] = make("AccessToken", accessKey(user), accessToken(user, salt));
  },
  "another object, the same content": (memory, user) => {
    const entity = memory[accountKey(user)];
    if (entity === undefined) return;
    const twin = Object.assign(Object.create(Object.getPrototypeOf(entity)), entity, {
      lastUpdatedAt: "1800000000000",
    });
    memory[accountKey(user)] = twin;
  },
  "the time less": (memory, user) => {
    delete memory[accountKey(user)]?.lastUpdatedAt;
  },
  "a field more": (memory, user, salt) => {
    const entity = memory[accountKey(user)];
    if (entity) entity.name = salt;
  },
  "in place": (memory, user, salt) => {
    const entity = memory[refreshKey(user)];
    if (entity) entity.secret = salt;
  },
  "a tenant profile more": (memory, user, salt) => {
    const entity = memory[accountKey(user)];
    if (entity) (entity.tenantProfiles as unknown[] | undefined)?.push({ tenantId: salt });
  },
  "the first tenant profiles": (memory, user, salt) => {
    const entity = memory[accountKey(user)];
    if (entity) entity.tenantProfiles ??= [{ tenantId: salt }];
  },
  "a field less": (memory, user) => {
    delete memory[accountKey(user)]?.username;
  },
  "a field that is undefined": (memory, user) => {
    const entity = memory[refreshKey(user)];
    if (entity) entity.familyId = undefined;
  },
  "a token less": (memory, user) => {
    delete memory[refreshKey(user)];
  },
  "an account less": (memory, user) => {
    for (const key of [accountKey(user), refreshKey(user), accessKey(user)]) delete memory[key];
  },
  "what is never stored": (memory, _, salt) => {
    memory[`throttling.${salt}`] = { throttleTime: 1 };
  },
};

const edit = fc.record({ what: fc.constantFrom(...Object.keys(EDITS)), user: fc.constantFrom(...USERS) });
const round = fc.record({ edits: fc.array(edit, { maxLength: 4 }), moved: fc.option(stored, { freq: 4 }) });

const merged = (base: string, ours: string, theirs: string): string =>
  decoder.decode(merger.merge(encoder.encode(base), encoder.encode(ours), encoder.encode(theirs)).content);

/**
 * What `changeSince` makes of a writer's changes comes to the same as the whole of memory, before and after, to the
 * byte; and memory is what it was afterwards.
 *
 * @param create a token cache of msal-node, empty
 */
export function checkChanges(create: () => TokenCache): void {
  fc.assert(
    fc.property(stored, fc.array(round, { minLength: 1, maxLength: 5 }), (first, rounds) => {
      const cache = create();
      const make = maker(create);
      const handOver = new MemoryHandOver(cache);
      let view = first;
      let revision = {};
      for (const [index, { edits, moved }] of rounds.entries()) {
        handOver.handOver({ revision, text: view });
        const before = handOver.state();
        const base = cache.serialize();
        for (const { what, user } of edits) EDITS[what]!(memoryOf(cache) as Memory, user, `secret ${index}`, make);
        const entities = Object.entries(memoryOf(cache));
        const ours = cache.serialize();
        if (moved !== null) view = moved;
        const change = handOver.changeSince(before, moved === null ? { revision, text: view } : undefined);
        if (change === undefined) expect(ours).toBe(base);
        else {
          const whole = merged(base, ours, view);
          view = merged(change.base, change.ours, view);
          expect(view).toBe(whole);
        }
        expect(Object.entries(memoryOf(cache))).toEqual(entities);
        revision = {};
        handOver.learn(moved === null ? revision : undefined);
      }
    }),
    runs(400),
  );
}
