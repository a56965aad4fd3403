import { deepStrictEqual, fail, match, strictEqual } from "node:assert/strict";
import { fromBase64 } from "../../hosts/shared/values/base64.ts";
import {
  type Json,
  ordered,
  parseDocument,
  parseJson,
  salvagedMember,
  withoutEmptySections,
} from "../reference/index.ts";
import {
  documentBytes,
  type ErrorVector,
  type InspectVector,
  isError,
  type JsonVector,
  type MergeExpectation,
  type MergeVector,
} from "../vectors/read.ts";
import type { Case } from "./cases.ts";
import { judgeTrace } from "./judge-trace.ts";
import type { Answer } from "./protocol.ts";

/** Throws an `AssertionError` where `answer` is not what the vector demands. */
export function judge({ kind, vector }: Case, answer: Answer): void {
  if (kind === "json") judgeJson(vector, answer);
  else if (kind === "merge") judgeMerge(vector, answer);
  else if (kind === "salvage") judgeSalvaged(contentOf(answer), documentBytes(vector.expect.content));
  else if (kind === "inspect") judgeInspection(vector, answer);
  else judgeTrace(vector, answer);
}

function judgeJson(vector: JsonVector, answer: Answer): void {
  const refused = refusalOf(vector);
  if (refused) judgeError({ document: "theirs", ...refused }, answer);
  else strictEqual(resultOf(answer).unchanged, true);
}

/** What a document that consists of the case's bytes must come to; `undefined`: it is one. */
export function refusalOf({ document, emptyDocument, expect }: JsonVector): ErrorVector["error"] | undefined {
  if (emptyDocument) return undefined;
  if (expect !== "accept") return expect.error;
  return parseJson(documentBytes(document)).type === "object" ? undefined : { code: "not_a_cache" };
}

function judgeMerge({ expect }: MergeVector, answer: Answer): void {
  if (isError(expect)) judgeError(expect.error, answer);
  else judgeMerged(expect, answer);
}

function judgeMerged({ content, text, ...report }: MergeExpectation, answer: Answer): void {
  const result = resultOf(answer);
  const merged = contentOf(answer);
  strictEqual(value(merged), value(documentBytes(content)));
  deepStrictEqual(Object.fromEntries(Object.keys(report).map((name) => [name, result[name]])), report);
  if (text !== undefined) strictEqual(decode(merged), text);
}

function judgeInspection({ expect }: InspectVector, answer: Answer): void {
  if (isError(expect)) judgeError(expect.error, answer);
  else deepStrictEqual(resultOf(answer), expect);
}

function judgeError(expected: ErrorVector["error"], { error }: Answer): void {
  if (error === undefined) fail(`no error; expected ${expected.code}`);
  const named = Object.keys(expected) as Array<keyof typeof expected>;
  deepStrictEqual(Object.fromEntries(named.map((name) => [name, error[name]])), expected);
}

/** The mark is there, and the rest is what was expected. */
export function judgeSalvaged(content: Uint8Array, expected: Uint8Array): void {
  const salvaged = parseDocument(content);
  const mark = salvaged.members.get(salvagedMember)?.value;
  match(mark?.type === "string" ? mark.text : "", /^[0-9a-f]{16}$/);
  strictEqual(withoutMark(salvaged), withoutMark(parseDocument(expected)));
}

function withoutMark(document: Json & { type: "object" }): string {
  const members = new Map(document.members);
  members.delete(salvagedMember);
  return ordered(withoutEmptySections({ type: "object", members }));
}

function resultOf({ result, error }: Answer): Readonly<Record<string, unknown>> {
  return result ?? fail(`no result, but ${JSON.stringify(error)}`);
}

function contentOf(answer: Answer): Uint8Array {
  const { content } = resultOf(answer);
  return typeof content === "string" ? fromBase64(content) : fail("no content");
}

const value = (content: Uint8Array): string => ordered(parseDocument(content));
const decode = (content: Uint8Array): string =>
  new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
