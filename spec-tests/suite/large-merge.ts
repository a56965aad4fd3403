import { deepEqual, equal } from "node:assert/strict";
import { CacheMerger } from "../../hosts/shared/core/cache-merger.ts";
import type { CoreModule } from "../../hosts/shared/core/core-module.ts";
import { documentOf } from "./library/documents.ts";
import type { Registrar } from "./vector-tests.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Large documents take a way of their own through the host, which compares them natively: it is each runtime's own. */
export function largeMergeTests(module: CoreModule, test: Registrar): void {
  const users = [...Array(400).keys()].map((index) => `user${index}`);
  const base = documentOf(...users);

  test("large documents: what each side added, changed and removed", () => {
    const ours = documentOf(...users.slice(0, 200), ...users.slice(201), "ours").replace("secret of user7", "renewed");
    const theirs = documentOf(...users.slice(0, 300), ...users.slice(301), "theirs").replace(
      "secret of user9",
      "newer",
    );
    const merged = new CacheMerger(module).merge(encode(base), encode(ours), encode(theirs));
    const stayed = users.filter((user) => user !== "user200" && user !== "user300");
    const expected = documentOf(...stayed, "theirs", "ours")
      .replace("secret of user7", "renewed")
      .replace("secret of user9", "newer");
    equal(new TextDecoder().decode(merged.content), expected);
    deepEqual([merged.added, merged.updated, merged.removed, merged.conflicts], [2, 1, 2, 0]);
  });

  test("large documents: nothing changed, all changed, one of them short", () => {
    const merger = new CacheMerger(module);
    const [document, other] = [encode(base), encode(JSON.stringify(JSON.parse(base), null, 1))];
    for (const ours of [document, other, encode(documentOf())]) {
      const isShort = ours.length < document.length / 2;
      const { content, unchanged } = merger.merge(isShort ? undefined : document, ours, document);
      deepEqual([unchanged, new TextDecoder().decode(content) === base], [true, true]);
    }
    equal(merger.merge(document, encode(documentOf()), document).removed, 800);
  });
}
