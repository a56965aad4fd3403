import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CacheMerger } from "../../hosts/shared/core/cache-merger.ts";
import { type CoreExports, instantiate } from "../../hosts/shared/core/core-module.ts";
import { DOCUMENT } from "../../hosts/shared/core/follow-document.ts";
import { STATUS } from "../../hosts/shared/errors/status.ts";
import { ordered, parseDocument } from "../reference/index.ts";
import { attempt, type BuildName, buildModule, buildNames, loadSubject } from "../support/core-builds.ts";
import { type Draw, damage, draws, drawTriple, Random, runs, spell } from "../support/generators.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
type Documents = readonly [base: Uint8Array, ours: Uint8Array, theirs: Uint8Array];

function bareCore(name: BuildName, pages?: number): CoreExports {
  const functions = new Proxy({}, { get: () => () => expect.fail("a merge called an import") });
  const imports = new Proxy({}, { get: () => functions });
  return instantiate(buildModule(name, pages), imports, { maxBytes: 1 << 20, lockTimeoutMs: 1000 }, () => 0.07);
}

function place(core: CoreExports, bytes: Uint8Array): number {
  if (bytes.length === 0) return 0;
  const pointer = core.alloc(bytes.length) >>> 0;
  new Uint8Array(core.memory.buffer).set(bytes, pointer);
  return pointer;
}

/** What the result record says, and the documents it points at. */
function outcome(core: CoreExports, status: number, inPieces: boolean) {
  const word = (at: number) => new DataView(core.memory.buffer).getUint32(at, true);
  const bytes = (at: number, length: number) => Buffer.from(new Uint8Array(core.memory.buffer, at, length));
  const record = core.result() >>> 0;
  const data = word(record + 12);
  const count = word(record + 16);
  const pieces = [...Array(inPieces ? count : 0).keys()].map((i) => bytes(word(data + 8 * i), word(data + 8 * i + 4)));
  const content = inPieces ? Buffer.concat(pieces) : bytes(data, count);
  const detail = bytes(word(record + 40), word(record + 44)).toString("latin1");
  const [document, offset, ...counts] = [4, 8, 20, 24, 28, 32, 36].map((at) => word(record + at));
  core.reset();
  return status === STATUS.ok
    ? { status, counts, detail, content: content.toString("latin1") }
    : { status, document, offset };
}

function mergeWhole(core: CoreExports, documents: Documents) {
  const [base, ours, theirs] = documents;
  const [baseAt, oursAt, theirsAt] = documents.map((bytes) => place(core, bytes)) as [number, number, number];
  const status = core.merge(baseAt, base.length, oursAt, ours.length, theirsAt, theirs.length);
  return outcome(core, status, false);
}

/** The same, ours and base handed over in pieces of any length. */
function mergeFollowed(core: CoreExports, [base, ours, theirs]: Documents, random: Random) {
  const refused = core.begin_merge(place(core, theirs), theirs.length);
  if (refused !== STATUS.ok) return outcome(core, refused, true);
  const window = core.alloc(1024) >>> 0;
  for (const [document, bytes] of [[DOCUMENT.ours, ours] as const, [DOCUMENT.base, base] as const]) {
    expect(core.begin_document(document)).toBe(STATUS.ok);
    const longest = random.pick([3, 60, 300, 1024]);
    let there = 0;
    for (let start = 0; start < bytes.length; ) {
      const piece = bytes.subarray(start, start + 1 + random.below(longest));
      const isSame = there >= 0 && Buffer.from(piece).equals(theirs.subarray(there, there + piece.length));
      if (!isSame || random.chance(30)) {
        new Uint8Array(core.memory.buffer).set(piece, window);
        there = core.follow(window, piece.length);
      } else there = core.follow(0, piece.length);
      start += piece.length;
    }
  }
  return outcome(core, core.end_merge(), true);
}

/**
 * Alike but for what two processes do, and for what only somebody hostile does: the same text
 * where it means something else.
 */
function drawAlike(draw: Draw): Documents {
  const { base, ours, theirs } = drawTriple(draw);
  const kind = draw(fc.nat(9));
  const texts = [base ?? null, ours, theirs ?? null].map((tree) => {
    const text = tree === null ? "" : spell(tree, draw(fc.nat()), { respell: draw(fc.nat(9)) === 0 });
    return draw(fc.boolean()) ? rearranged(kind, text) : text;
  });
  const whole = texts.map(encode);
  return whole.map((bytes, i) =>
    draw(fc.nat(9)) === 0 ? damage(draw, bytes, whole[(i + 1) % 3]!) : bytes,
  ) as unknown as Documents;
}

function rearranged(kind: number, text: string): string {
  if (kind === 0) return text.replace(/"(AccessToken|Account)":/, '"RefreshToken":');
  if (kind === 1) return text.replace(/"(AccessToken|Account)":/, '"foreign":');
  if (kind === 2) return text.replace(/("AccessToken":\{.*?\}),("\w+":)/, "$1,$1,$2");
  if (kind === 3) return text.replace(/(Token":\{)("\w*":\{[^{}]*\})((?:,"\w*":\{[^{}]*\})+)\}/g, "$1$2$3,$2}");
  return kind === 4 ? `\ufeff${text}` : text;
}

const show = (documents: Documents): string => documents.map((bytes) => Buffer.from(bytes).toString()).join("\n");

describe.each(buildNames)("%s", (name) => {
  it("merges documents that come in pieces as it merges whole ones", () => {
    const core = bareCore(name);
    fc.assert(
      fc.property(draws, (draw) => {
        const documents = drawAlike(draw);
        const followed = mergeFollowed(core, documents, new Random(draw(fc.nat())));
        expect(followed, show(documents)).toEqual(mergeWhole(core, documents));
      }),
      runs(600),
    );
  });

  it("merges large documents as the reference does", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const documents = crowds(new Random(seed));
        const merge = (subject: typeof name | "reference") =>
          attempt(() => {
            const outcome = loadSubject(subject).merge(...documents);
            const { added, updated, removed, conflicts, unchanged, accountsAdded, accountsRemoved } = outcome;
            const counts = [added, updated, removed, conflicts, unchanged];
            return { value: ordered(parseDocument(outcome.content)), counts, accountsAdded, accountsRemoved };
          });
        expect(merge(name)).toEqual(merge("reference"));
      }),
      runs(12),
    );
  });

  it.each([500, 25_000])("writes a foreign member of %i words as text, and clears it away", (words) => {
    const texts = [1, 3, 2].map((token) => crowd(200, new Map([[7, token]]), -1, 0, words));
    const documents = texts.map(encode) as unknown as Documents;
    const core = bareCore(name);
    for (let times = 0; times < 3; times++) {
      expect(mergeFollowed(core, documents, new Random(times))).toEqual(mergeWhole(core, documents));
      expect(Buffer.from(core.memory.buffer).includes("as it is")).toBe(false);
    }
  });

  it.each([
    ["a section that is by turns none", `{${`"Account":1,"Account":{},`.repeat(5000)}"f":1}`],
    ["a long name with an escape before many", longName(500)],
  ])("takes memory by the length of a document: %s", (_, text) => {
    const core = bareCore(name);
    const [base, ours, theirs] = ["1", "2", "3"].map((value) => encode(text.replace(":1", `:${value}`)));
    mergeWhole(core, [base!, ours!, theirs!]);
    expect(core.memory.buffer.byteLength).toBeLessThan(3 * 3 * text.length + 128 * 1024);
  });

  it("counts the last of two sections of one name in theirs, though ours and base go along with the first", () => {
    const [base, ours, later] = [new Map(), new Map([[161, 1]]), new Map([[9, 2]])].map((edits) => crowd(200, edits));
    const { AccessToken } = JSON.parse(later!) as Record<string, Record<string, unknown>>;
    const left = Object.fromEntries(Object.entries(AccessToken!).slice(0, 150));
    const theirs = `${base!.slice(0, -1)},"AccessToken":${JSON.stringify(left)}}`;
    const merge = (subject: typeof name | "reference") => {
      const outcome = loadSubject(subject).merge(encode(base!), encode(ours!), encode(theirs));
      const { added, updated, removed, conflicts } = outcome;
      return { value: ordered(parseDocument(outcome.content)), added, updated, removed, conflicts };
    };
    const merged = merge(name);
    expect(merged).toEqual(merge("reference"));
    // Of the 50 that the later section lacks, the one that ours renewed is back; the others stay removed.
    expect(merged).toMatchObject({ added: 1, updated: 0, removed: 0, conflicts: 0 });
  });

  it("takes what stands in memory behind theirs for no part of it", () => {
    const theirs = crowd(200, new Map());
    // Zeros, as there are behind a document.
    const ours = encode(`${theirs}\0\0\0`);
    const merged = attempt(() => loadSubject(name).merge(encode(theirs), ours, encode(theirs)));
    expect(merged).toEqual({ error: { code: "json_trailing_bytes", document: "ours", offset: theirs.length } });
  });

  it("takes what stands in memory behind a piece for no part of it", () => {
    const [theirs, ours] = [
      ["a", "b", "c"],
      ["a", "x", "c"],
    ].map((secrets) => {
      const entities = secrets.map((secret, index) => `"token-${index}":{"secret":"${secret.repeat(70)}"}`);
      return encode(`{"AccessToken":{${entities.join()}}}`);
    }) as [Uint8Array, Uint8Array];
    const core = bareCore(name);
    const whole = mergeWhole(core, [theirs, ours, theirs]);
    for (let split = 1; split < ours.length; split++) {
      const [oursAt, theirsAt] = [place(core, ours), place(core, theirs)];
      core.begin_merge(theirsAt, theirs.length);
      core.begin_document(DOCUMENT.ours);
      // The rest of the document is there already.
      core.follow(oursAt, split);
      core.follow(oursAt + split, ours.length - split);
      core.begin_document(DOCUMENT.base);
      core.follow(0, theirs.length);
      expect(outcome(core, core.end_merge(), true), `split at ${split}`).toEqual(whole);
    }
  });

  it.each([
    ["like theirs", 0, 0],
    ["indented", 1, 0],
    ["cut off", 0, 1],
  ])("says that memory has run out, wherever it does: ours is %s", (_, indent, missing) => {
    const texts = [1, 3, 2].map((token, which) => crowd(25, new Map([[7, token]]), -1, which === 1 ? indent : 0));
    const documents = texts.map((text, which) => encode(text.slice(0, text.length - (which === 1 ? missing : 0))));
    const whole = mergeWhole(bareCore(name), documents as unknown as Documents);
    const core = bareCore(name, 3);
    const merge = (filler: number) => {
      const [base, ours, theirs] = documents.map((bytes) => [place(core, bytes), bytes.length] as const);
      if (filler !== 0 && core.alloc(filler) === 0) return "none left";
      if (core.begin_merge(...theirs!) === STATUS.ok && core.begin_document(DOCUMENT.ours) === STATUS.ok) {
        core.follow(...ours!);
        if (core.begin_document(DOCUMENT.base) === STATUS.ok) core.follow(...base!);
        return outcome(core, core.end_merge(), true);
      }
      return { status: STATUS.out_of_memory };
    };
    const seen = new Set<number>();
    for (let filler = 256; ; filler += 256) {
      const merged = merge(filler);
      core.reset();
      if (merged === "none left") break;
      seen.add((merged as { status: number }).status);
      if ((merged as { status: number }).status !== STATUS.out_of_memory) expect(merged, `${filler}`).toEqual(whole);
    }
    expect([...seen].sort()).toEqual([whole.status, STATUS.out_of_memory].sort());
    expect(merge(0)).toEqual(whole);
  });

  it("restores a document, cut off anywhere, of which theirs has a name twice", () => {
    const entities = ["a", "b", "a", "c"].map((key, index) => `"${key}":{"secret":"${String(index).repeat(70)}"}`);
    const theirs = encode(`{"AccessToken":{${entities.join()}}}`);
    const core = bareCore(name);
    for (let length = 1; length < theirs.length; length++) {
      const documents = [theirs, theirs.subarray(0, length), theirs] as const;
      const followed = mergeFollowed(core, documents, new Random(length));
      expect(followed, `the first ${length} bytes`).toEqual(mergeWhole(core, documents));
    }
  });

  it("forgets a merge that was given up half-way", () => {
    const documents = [1, 3, 2].map((token) => encode(crowd(25, new Map([[7, token]])))) as unknown as Documents;
    const core = bareCore(name);
    const whole = mergeWhole(core, documents);
    const [, , theirs] = documents;
    core.begin_merge(place(core, theirs), theirs.length);
    core.begin_document(DOCUMENT.ours);
    core.follow(0, theirs.length >>> 1);
    core.reset();
    expect(mergeFollowed(core, documents, new Random(1))).toEqual(whole);
  });

  it("keeps one of three large documents in memory when they are alike", () => {
    const { Instance } = WebAssembly;
    const memories: Array<{ readonly buffer: ArrayBuffer }> = [];
    const captured = function (this: unknown, ...values: ConstructorParameters<typeof Instance>) {
      const instance = new Instance(...values);
      memories.push(instance.exports.memory as { buffer: ArrayBuffer });
      return instance;
    };
    Object.assign(WebAssembly, { Instance: captured });
    const [base, ours, theirs] = [1, 3, 2].map((token) => crowd(2000, new Map([[7, token]]))) as [
      string,
      string,
      string,
    ];
    try {
      const merged = new CacheMerger(buildModule(name)).merge(encode(base), encode(ours), encode(theirs));
      expect(merged).toMatchObject({ conflicts: 1, unchanged: false });
    } finally {
      Object.assign(WebAssembly, { Instance });
    }
    expect(memories).toHaveLength(1);
    expect(memories[0]!.buffer.byteLength).toBeLessThan(2 * theirs.length);
  });

  it("refuses what is out of order", () => {
    const core = bareCore(name);
    const theirs = encode('{"f":1}');
    expect([core.begin_document(DOCUMENT.ours), core.follow(0, 1), core.end_merge()]).toEqual([
      STATUS.bad_state,
      -1,
      STATUS.bad_state,
    ]);
    const misuses: ReadonlyArray<(at: number) => unknown> = [
      () => core.follow(0, 1),
      () => core.begin_document(DOCUMENT.ours) === STATUS.ok && core.follow(0, theirs.length + 1),
      () => core.begin_document(DOCUMENT.ours) === STATUS.ok && core.follow(core.memory.buffer.byteLength - 1, 2),
    ];
    for (const misuse of misuses) {
      const at = place(core, theirs);
      expect(core.begin_merge(at, theirs.length)).toBe(STATUS.ok);
      expect(misuse(at)).toBe(-1);
      expect(core.end_merge()).toBe(STATUS.bad_argument);
      core.reset();
    }
    for (const order of [[0], [3], [DOCUMENT.base, DOCUMENT.ours], [DOCUMENT.ours, DOCUMENT.ours]]) {
      core.begin_merge(place(core, theirs), theirs.length);
      expect(order.map((document) => core.begin_document(document)).at(-1)).toBe(STATUS.bad_argument);
      core.reset();
    }
    core.begin_merge(place(core, theirs), theirs.length);
    core.inspect(place(core, theirs), theirs.length, 0);
    expect(core.end_merge()).toBe(STATUS.bad_state);
    core.reset();
  });
});

/** An entity whose first field has a name a hundred times as long as there are fields behind it. */
function longName(count: number): string {
  const others = [...Array(count).keys()].map((index) => `,"b${index}":1`);
  return `{"AccessToken":{"k":{"\\u0061${"a".repeat(count * 100)}":1${others.join("")}}}}`;
}

/** A document of many entities; `edits` says which of them have another secret. */
function crowd(count: number, edits: ReadonlyMap<number, number>, without = -1, indent = 0, words = 30): string {
  const entries = [...Array(count).keys()].filter((index) => index !== without);
  const section = (kind: string, indexes: number[]) =>
    Object.fromEntries(
      indexes.map((index) => [
        `user-${index}-${kind}`,
        {
          home_account_id: `user-${index}`,
          environment: "e1",
          client_id: "c1",
          secret: `${edits.get(index) ?? "first"} `.repeat(20),
          cached_at: String(1000 + (edits.get(index) ?? 0)),
        },
      ]),
    );
  return JSON.stringify(
    {
      Account: section(
        "account",
        entries.filter((index) => index % 5 === 0),
      ),
      foreign: { kept: "as it is".repeat(words) },
      AccessToken: section("accesstoken", entries),
      RefreshToken: section(
        "refreshtoken",
        entries.filter((index) => index % 3 === 0),
      ),
    },
    null,
    indent,
  );
}

/** Three of them, more than 40 KiB each, edited on each side. */
function crowds(random: Random): Documents {
  const count = 150 + random.below(200);
  const words = random.pick([30, 600, 9_000]);
  const edited = () => {
    const edits = [...Array(random.below(4)).keys()].map(() => [random.below(count), random.below(3000)] as const);
    const without = random.chance(50) ? random.below(count) : -1;
    return encode(crowd(count + random.below(3), new Map(edits), without, random.chance(15) ? 2 : 0, words));
  };
  return [encode(crowd(count, new Map(), -1, 0, words)), edited(), edited()];
}
