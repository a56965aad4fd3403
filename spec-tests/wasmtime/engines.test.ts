// wasmtime beside V8: an engine that is no JavaScript one has to come to the same, byte for byte.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromBase64, toBase64 } from "../../hosts/shared/values/base64.ts";
import { Conversation } from "../runner/conversation.ts";
import { drive } from "../runner/drive.ts";
import { RawCore } from "../session/raw-core.ts";
import { allCases } from "../suite/cases.ts";
import { CoreSubject } from "../suite/core-subject.ts";
import type { InspectRequest, MergeRequest, SalvageRequest } from "../suite/protocol.ts";
import { requestOf } from "../suite/requests.ts";
import { buildModule } from "../support/core-builds.ts";
import { damage, draws, drawTriple, runs, spell, type Tree } from "../support/generators.ts";
import { installWasmtime, isWasmtimeThere, wasmtimeScript } from "./wasmtime.ts";

const BUILDS = ["core.wasm", "core.portable.wasm"] as const;
const SOAK = process.env.SOAK === "1";
const DOCUMENTS = SOAK ? 5_000 : 300;
const PATIENCE = SOAK ? 3_600_000 : 120_000;
const MAX_BYTES = 64 << 20;

installWasmtime();

type Pure = MergeRequest | SalvageRequest | InspectRequest;

/**
 * The result record, the data and the detail. The build and what it was asked being the same, so are even its pointers.
 */
function onV8(module: object, question: Pure): string[] {
  const raw = new RawCore(module);
  const put = (document: string | null): [number, number] => {
    if (document === null) return [0, 0];
    const bytes = fromBase64(document);
    return [raw.put(bytes), bytes.length];
  };
  raw.core.configure(MAX_BYTES, 10_000, 0n);
  if (question.run === "merge") {
    const [theirs, ours, base] = [question.theirs, question.ours, question.base].map(put) as [number, number][];
    raw.core.merge(...base!, ...ours!, ...theirs!);
  } else if (question.run === "salvage") raw.core.salvage(...put(question.document));
  else raw.core.inspect(...put(question.document), question.nowSeconds);
  const bytes = (at: number) => raw.bytes(raw.word(at), raw.word(at + 1));
  return [raw.bytes(raw.core.result(), 64), bytes(3), bytes(10)].map(toBase64);
}

describe.runIf(isWasmtimeThere).each(BUILDS)("%s under wasmtime", (build) => {
  test("the vectors through the runner protocol: all executed, all passed", async () => {
    const report = await drive(...wasmtimeScript("runner.py", build));
    console.log(`${report}`);
    expect(report.count("passed")).toBe(allCases().length);
  });

  test("the same as under V8 on every vector", async () => {
    const module = buildModule(build);
    const subject = new CoreSubject("V8", module, "later");
    const conversation = new Conversation(...wasmtimeScript("runner.py", build), 30_000);
    try {
      for (const one of allCases()) {
        const question = requestOf(one);
        if (question.run === "trace") expect(await conversation.ask(question)).toEqual(subject.answer(question));
        else expect(await conversation.ask({ raw: question }), one.id).toEqual(onV8(module, question));
      }
      await conversation.end();
    } finally {
      conversation.kill();
    }
  });

  test(`the same as under V8 on ${DOCUMENTS} random documents, whole and damaged`, { timeout: PATIENCE }, async () => {
    const module = buildModule(build);
    const conversation = new Conversation(...wasmtimeScript("runner.py", build), 30_000);
    const same = async (question: Pure) => {
      expect(await conversation.ask({ raw: question })).toEqual(onV8(module, question));
    };
    try {
      await fc.assert(
        fc.asyncProperty(draws, async (draw) => {
          const triple = drawTriple(draw);
          const spelled = (tree: Tree) => new TextEncoder().encode(spell(tree, draw(fc.integer())));
          const ours = spelled(triple.ours);
          const theirs = spelled(triple.theirs ?? triple.ours);
          const base = triple.base === undefined ? null : toBase64(spelled(triple.base));
          const broken = damage(draw, theirs, ours);
          await same({ run: "merge", base, ours: toBase64(ours), theirs: toBase64(theirs) });
          await same({ run: "merge", base, ours: toBase64(ours), theirs: toBase64(broken) });
          await same({ run: "salvage", document: toBase64(broken) });
          await same({ run: "inspect", document: toBase64(theirs), nowSeconds: draw(fc.nat(2 ** 31)) });
        }),
        runs(DOCUMENTS),
      );
      await conversation.end();
    } finally {
      conversation.kill();
    }
  });
});
