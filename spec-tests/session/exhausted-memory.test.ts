// Memory that runs out anywhere in an operation, from the first document to the outcome of the last call.
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CoreExports } from "../../hosts/shared/core/core-module.ts";
import { CoreSession } from "../../hosts/shared/core/core-session.ts";
import { buildModule } from "../support/core-builds.ts";
import { document, utf8, World } from "./world.ts";

const SECRET = "s3cr3t-refresh-token-value";
const tokens = (count: number, name: string) =>
  Object.fromEntries(
    [...Array(count).keys()].map((i) => [`${name}${i}`, { secret: SECRET, padding: "x".repeat(200) }]),
  );
const BASE = document(tokens(20, "a"));
/** Ten removed, ten added. */
const OURS = document({ ...tokens(10, "a"), ...tokens(10, "b") });
const STORED = document({ ...tokens(20, "a"), ...tokens(10, "c") });
const TORN = STORED.slice(0, -4);

/** What the core's memory may grow to, and what is taken of it before an operation begins. */
const PAGES = 2;
const FIRST_FILLER = 88 * 1024;
const STEP = 592;

const NONE_LEFT = new Error("The filler itself found no room.");
let filler = 0;
let memory: { readonly buffer: ArrayBuffer };
const { Instance } = WebAssembly;

beforeEach(() => {
  const BEGINNINGS = ["load", "commit", "update"] as const;
  function filled(...values: ConstructorParameters<typeof Instance>) {
    const core = new Instance(...values).exports as unknown as CoreExports;
    memory = core.memory;
    const beginning =
      (name: (typeof BEGINNINGS)[number]) =>
      (...given: never[]) => {
        if (filler > 0 && core.alloc(filler) === 0) throw NONE_LEFT;
        return (core[name] as (...given: never[]) => number)(...given);
      };
    return { exports: { ...core, ...Object.fromEntries(BEGINNINGS.map((name) => [name, beginning(name)])) } };
  }
  Object.assign(WebAssembly, { Instance: filled });
});

afterEach(() => void Object.assign(WebAssembly, { Instance }));

const module = buildModule("core.wasm", PAGES);
const load = (session: CoreSession) => session.load();
const commit = (session: CoreSession) => session.commit(utf8(BASE), utf8(OURS));
const update = (session: CoreSession) => session.update(() => utf8(OURS));

interface Situation {
  readonly stored: string | undefined;
  readonly cipher?: boolean;
  readonly isAbandoned?: boolean;
  readonly run: (session: CoreSession) => Promise<unknown>;
}

const SITUATIONS: Readonly<Record<string, Situation>> = {
  "a load": { stored: STORED, run: load },
  "a load of what is torn": { stored: TORN, run: load },
  "a load of what is torn and encrypted": { stored: TORN, cipher: true, run: load },
  "a commit": { stored: STORED, run: commit },
  "a first commit": { stored: undefined, run: commit },
  "a commit where somebody died with the lock": { stored: STORED, isAbandoned: true, run: commit },
  "a commit to an encrypted cache": { stored: STORED, cipher: true, run: commit },
  "a commit onto what is torn": { stored: TORN, run: commit },
  "an update": { stored: STORED, run: update },
};

function worldOf({ stored, cipher = false, isAbandoned = false }: Situation): World {
  const world = new World();
  if (isAbandoned) world.heldBy("4711 somebody", 40_000);
  if (stored !== undefined) world.store(cipher ? utf8(stored).map((byte) => byte ^ 0x55) : stored, 5000);
  world.cipher = cipher;
  return world;
}

test.each(Object.entries(SITUATIONS))(
  "%s: done as a whole or out_of_memory, and nothing is left behind",
  async (_, situation) => {
    const whole = worldOf(situation);
    const outcome = await situation.run(new CoreSession(module, whole.capabilities()));
    let refusals = 0;
    for (let taken = FIRST_FILLER; ; taken += STEP) {
      const world = worldOf(situation);
      const session = new CoreSession(module, world.capabilities());
      filler = taken;
      const error = await situation.run(session).then(
        (done) => void expect(done, `beside ${taken} bytes`).toEqual(outcome),
        (refused: { code: string; cause: unknown }) => refused,
      );
      filler = 0;
      if (error?.cause === NONE_LEFT) break;
      if (error) expect(error, `beside ${taken} bytes`).toMatchObject({ code: "out_of_memory" });
      refusals += Number(error !== undefined);
      // What was published before memory ran out is whole.
      expect([situation.stored, whole.text()]).toContain(world.text());
      expect(world.lockFile).toBeUndefined();
      expect(Buffer.from(memory.buffer).includes(SECRET)).toBe(false);
      expect(await session.commit(undefined, utf8(document(tokens(1, "d"))))).toMatchObject({ added: 1 });
    }
    expect(refusals).toBeGreaterThan(0);
  },
);
