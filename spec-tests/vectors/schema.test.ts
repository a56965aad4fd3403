import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { KINDS } from "../suite/protocol.ts";

const parsed = (file: string) => JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8"));
const validate = new Ajv2020({ strict: false }).compile(parsed("schema.json"));

test.each(KINDS)("%s.json keeps to the schema", (kind) => {
  validate(parsed(`${kind}.json`));
  expect(validate.errors ?? []).toEqual([]);
});

test("the schema refuses what it does not know", () => {
  const trace = { id: "x", rule: "states", steps: [{ start: "lock" }, { end: { status: "ok", surprise: 1 } }] };
  expect(validate({ kind: "lock", cases: [trace] })).toBe(false);
});
