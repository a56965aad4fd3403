import { readFileSync, writeFileSync } from "node:fs";
import type { TokenCache } from "@azure/msal-node";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FilePersistence, PersistenceCachePlugin, TokenCacheStore } from "../../hosts/node/index.ts";
import { runs } from "../support/generators.ts";
import {
  context,
  document,
  macrotask,
  memoryOf,
  refreshKey,
  refreshToken,
  store,
  stored,
  temporaryFolder,
  tokenCacheOf,
} from "./fixtures.ts";

const folder = temporaryFolder();
/** Of each application its own: who of two renews the same token at once is decided by the merge, and tested there. */
const USERS = [
  ["ann", "bob", "cid"],
  ["dora", "eve", "fred"],
];

/** How far the others have got when one begins: hops of microtasks, then turns of the event loop. */
const pause = fc.record({ microtasks: fc.nat(12), macrotasks: fc.nat(3) });
const step = fc.record({
  what: fc.constantFrom("renew", "renew", "add", "remove", "overwrite", "overwrite", "look", "peer", "damage"),
  application: fc.nat(1),
  user: fc.nat(2),
  pause,
  inside: fc.nat(8),
  lingers: fc.constantFrom(0, 0, 0, 1, 2, 30),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Stay = Pick<Step, "inside" | "lingers">;

const AT_ONCE: Stay = { inside: 0, lingers: 0 };

async function hop({ microtasks, macrotasks }: { readonly microtasks: number; readonly macrotasks: number }) {
  for (let turn = 0; turn < macrotasks; turn += 1) await macrotask();
  for (let turn = 0; turn < microtasks; turn += 1) await undefined;
}

class World {
  readonly applications: readonly TokenCache[];
  /** Of each application; it may be the same. */
  readonly #plugins: readonly PersistenceCachePlugin[];
  readonly #peer: TokenCacheStore;
  readonly #path: string;
  /** Somebody has cut the file short. */
  isDamaged = false;
  /** What the last to change each token made of it. */
  readonly expected = new Map<string, string | undefined>();
  #count = 0;

  private constructor(path: string, plugins: readonly PersistenceCachePlugin[], peer: TokenCacheStore) {
    this.#path = path;
    this.#plugins = plugins;
    this.applications = plugins.map(tokenCacheOf);
    this.#peer = peer;
  }

  static async create(path: string, holdLimitMs: number, shared: boolean): Promise<World> {
    await store(path, document(...USERS.flat()));
    const persistence = await FilePersistence.create(path, undefined, { sync: false });
    const [first, second] = [0, 1].map(() => new PersistenceCachePlugin(persistence, { holdLimitMs }));
    return new World(path, [first!, shared ? first! : second!], await TokenCacheStore.open(path));
  }

  async take({ what, application, user, ...stay }: Step): Promise<void> {
    const name = USERS[application]![user]!;
    this.#count += 1;
    const fresh = `secret ${this.#count}`;
    if (what === "renew") await this.#change(application, refreshKey(name), refreshToken(name, fresh), stay);
    else if (what === "remove") await this.#change(application, refreshKey(name), undefined, stay);
    else if (what === "add") {
      const key = refreshKey(`new${this.#count}`);
      await this.#change(application, key, refreshToken(`new${this.#count}`, fresh), stay);
    } else if (what === "overwrite") await this.applications[application]!.overwriteCache();
    else if (what === "look") await this.applications[application]!.getAllAccounts();
    else if (what === "peer") await this.#writeAsPeer(`peer${this.#count}`);
    else if (this.#isShared) this.#damage(0.2 + 0.2 * user);
  }

  /** As MSAL does it, nothing but microtasks between the two calls; or it has to wait before it changes anything. */
  async #change(application: number, key: string, token: object | undefined, stay: Stay): Promise<void> {
    const tokenCache = this.applications[application]!;
    const plugin = this.#plugins[application]!;
    const access = context(tokenCache, true);
    await plugin.beforeCacheAccess(access);
    await hop({ microtasks: stay.inside, macrotasks: stay.lingers });
    const memory = memoryOf(tokenCache);
    if (token === undefined) delete memory[key];
    else memory[key] = token;
    this.expected.set(key, (token as { secret?: string } | undefined)?.secret);
    await hop({ microtasks: stay.inside, macrotasks: 0 });
    await plugin.afterCacheAccess(access);
  }

  async #writeAsPeer(user: string): Promise<void> {
    const { RefreshToken } = document(user);
    await this.#peer.commit(undefined, JSON.stringify({ RefreshToken }));
    this.expected.set(refreshKey(user), `secret of ${user}`);
  }

  /** Of two processes one may put back what the other has renewed since (docs/merge.md), so only where there is one. */
  get #isShared(): boolean {
    return this.#plugins[0] === this.#plugins[1];
  }

  #damage(share: number): void {
    const text = readFileSync(this.#path, "utf8");
    writeFileSync(this.#path, text.slice(0, Math.floor(text.length * share)));
    this.isDamaged = true;
  }

  /** Resolves when all is stored, what somebody has put back included. */
  async settle(): Promise<void> {
    for (const application of this.applications) await application.overwriteCache();
    for (const application of [0, 1])
      await this.#change(application, refreshKey("last"), refreshToken("last"), AT_ONCE);
    for (const application of this.applications) await application.overwriteCache();
  }

  /** Of damage no removal is left, and nothing that nobody else has read. */
  isCertain(key: string, secret: string | undefined): boolean {
    return !this.isDamaged || (secret !== undefined && !key.startsWith("peer"));
  }

  async close(): Promise<void> {
    await this.#peer.close();
  }
}

test.each<[string, number, boolean]>([
  ["", 30_000, true],
  [", each with a plugin of its own", 30_000, false],
  [", and a writer that takes long is waited for no longer", 1, true],
])(
  "whoever reads, looks, writes and damages meanwhile, of this process or another: what the last writer of a token made of it stays%s",
  async (_, holdLimitMs, shared) => {
    let files = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 14 }), async (steps) => {
        files += 1;
        const path = folder.file(`cache${files}.json`);
        const world = await World.create(path, holdLimitMs, shared);
        await Promise.all(steps.map(async (one) => hop(one.pause).then(() => world.take(one))));
        await world.settle();
        const { RefreshToken } = await stored(path);
        for (const [key, secret] of world.expected) {
          // Of two who take long at once, one removes what the other renews: the merge keeps it.
          if (secret === undefined && holdLimitMs === 1) continue;
          if (!world.isCertain(key, secret)) continue;
          expect(RefreshToken?.[key]?.secret).toBe(secret);
          for (const application of world.applications)
            expect((memoryOf(application)[key] as { secret?: string } | undefined)?.secret).toBe(secret);
        }
        await world.close();
      }),
      runs(150),
    );
  },
);
