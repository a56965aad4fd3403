import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { allCases } from "../suite/cases.ts";
import { type DriveOptions, drive } from "./drive.ts";

const misbehaving = fileURLToPath(new URL("../../dist/spec-tests/runner/misbehaving.js", import.meta.url));
const few = [...allCases(["merge"]).slice(0, 2), ...allCases(["lock"]).slice(0, 2)];

async function counts(behaviour: string, options: DriveOptions = {}) {
  const report = await drive(process.execPath, [misbehaving, behaviour], { cases: few, ...options });
  const [passed, failed, expected, skipped] = (["passed", "failed", "expected failure", "skipped"] as const).map(
    (verdict) => report.count(verdict),
  );
  const reasons = report.entries.filter(({ verdict }) => verdict === "failed").map(({ reason }) => reason);
  return { passed, failed, expected, skipped, ok: report.ok, reason: reasons[0] };
}

describe("the driver", () => {
  test("accepts a runner that is right", async () => {
    expect(await counts("none")).toEqual({
      passed: 4,
      failed: 0,
      expected: 0,
      skipped: 0,
      ok: true,
      reason: undefined,
    });
  });

  test("accepts refusals that were announced with a reason, and counts them", async () => {
    expect(await counts("refuses with a reason")).toMatchObject({ passed: 2, expected: 2, failed: 0, ok: true });
  });

  test.each([
    ["is wrong", /no result/],
    ["refuses without a reason", /not_supported/],
    ["answers nothing useful", /no content/],
  ])("fails the case where the runner %s, and goes on", async (behaviour, reason) => {
    const outcome = await counts(behaviour);
    expect(outcome).toMatchObject({ passed: 3, failed: 1, skipped: 0, ok: false });
    expect(outcome.reason).toMatch(reason);
  });

  test.each([
    ["passes unexpectedly", /unexpected pass/],
    ["fails instead of refusing", /neither refused nor right/],
  ])("fails both cases where the runner %s", async (behaviour, reason) => {
    const outcome = await counts(behaviour);
    expect(outcome).toMatchObject({ passed: 2, failed: 2, ok: false });
    expect(outcome.reason).toMatch(reason);
  });

  test.each([
    ["dies", /exit code 3/],
    ["answers out of order", /answered json\/y_number when asked/],
    ["answers garbage", /no JSON: Segmentation fault/],
  ])("breaks off where the runner %s: what was not asked is skipped", async (behaviour, reason) => {
    const outcome = await counts(behaviour);
    expect(outcome).toMatchObject({ passed: 1, failed: 1, skipped: 2, ok: false });
    expect(outcome.reason).toMatch(reason);
  });

  test("breaks off where the runner never answers, and has given all the others the time they need", async () => {
    const outcome = await counts("never answers", { timeoutMs: (one) => (one === few[1] ? 50 : 30_000) });
    expect(outcome).toMatchObject({ passed: 1, failed: 1, skipped: 2, ok: false });
    expect(outcome.reason).toMatch(/no answer within 50 ms/);
  });

  test("breaks off where one question was answered twice", async () => {
    const outcome = await counts("answers twice");
    expect(outcome).toMatchObject({ passed: 2, failed: 1, skipped: 1, ok: false });
  });

  test.each([
    ["gives no reason", /no reason why it cannot do lock/],
    ["speaks of unknown cases", /merge\/no_such_case/],
    ["speaks another version", /suite version 0/],
  ])("asks nothing where the runner %s", async (behaviour, reason) => {
    const outcome = await counts(behaviour);
    expect(outcome).toMatchObject({ passed: 0, failed: 1, skipped: 3, ok: false });
    expect(outcome.reason).toMatch(reason);
  });

  test("says so where there is no such program", async () => {
    const report = await drive("/no/such/runner", [], { cases: few });
    expect(report.ok).toBe(false);
    expect(report.toString()).toContain("4 vectors = 0 passed + 1 failed + 0 expected failures + 3 skipped");
  });
});
