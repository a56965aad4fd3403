// Benchmarks measure, they are no tests; that their code runs and that the pages show what was measured last are.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { pagesOf } from "../../bench/harness/pages.ts";
import { readResults } from "../../bench/harness/results.ts";
import { verdictOn } from "../../bench/harness/verdict.ts";
import { KNOWN_MISSES } from "../../bench/known-misses.ts";
import { WORKLOADS } from "../../bench/workloads/index.ts";
import { buildFamily } from "../family/family.ts";

const root = new URL("../../", import.meta.url);
const program = fileURLToPath(new URL("dist/bench/main.js", root));
const bench = (...options: string[]) => promisify(execFile)(process.execPath, [program, ...options]);

describe("every workload runs, once and small", () => {
  beforeAll(buildFamily, 300_000);

  it.each(WORKLOADS.map(({ name }) => name))("%s", { timeout: 300_000 }, async (name) => {
    const { stdout } = await bench("--quick", "--only", name);
    expect(stdout).toContain(`${name}: `);
    expect(stdout).toMatch(/\d+ met, \d+ out of reach, \d+ known miss, \d+ missed, \d+ not measured/);
  });
});

it("an unknown workload is refused, with the names of those there are", async () => {
  await expect(bench("--only", "nonsense")).rejects.toThrow(
    /no workload "nonsense". There are: commit, first commit, store/,
  );
});

describe("verdicts", () => {
  const ratio = { id: "a ratio", what: "", goal: { atLeast: 5 } };

  it("are by the goal", () => {
    expect(verdictOn({ ...ratio, value: 5 })).toBe("met");
    expect(verdictOn({ ...ratio, value: 4.9 })).toBe("missed");
    expect(verdictOn({ ...ratio, value: 4.9, goal: { atMost: 5 } })).toBe("met");
    const unmeasured = { ...ratio, value: Number.NaN, goal: { atMost: 5 } };
    expect(verdictOn(unmeasured)).toBe("not measured");
    expect(verdictOn(JSON.parse(JSON.stringify(unmeasured)))).toBe("not measured"); // as it is read from results.json
  });

  it("of a goal that the least does not reach say so, up to the same limit", () => {
    const { limit } = KNOWN_MISSES.store!;
    const store = { id: "store", what: "", goal: { atMost: 1.5 }, least: { what: "", value: 1.6 } };
    expect(verdictOn({ ...store, value: 1.5 })).toBe("met");
    expect(verdictOn({ ...store, value: limit })).toBe("out of reach");
    expect(verdictOn({ ...store, value: limit * 1.1 })).toBe("missed");
    for (const value of [1.5, Number.NaN])
      expect(verdictOn({ ...store, value: limit, least: { what: "", value } })).toBe("known miss");
    expect(verdictOn({ ...ratio, value: 4, least: { what: "", value: 3 } })).toBe("missed"); // is not known to be missed
  });

  it.each(Object.entries(KNOWN_MISSES))("%s is known to be missed, up to its limit", (id, { limit }) => {
    const measured = Object.values(readResults()).flatMap(({ ratios }) => ratios);
    const { goal } = measured.find((one) => one.id === id)!;
    const worse = "atLeast" in goal ? limit * 0.9 : limit * 1.1;
    expect(verdictOn({ id, what: "", goal, value: limit })).toBe("known miss");
    expect(verdictOn({ id, what: "", goal, value: worse })).toBe("missed");
  });
});

it("pages and pictures show what bench/results.json says", () => {
  for (const [path, text] of pagesOf(readResults()))
    expect(readFileSync(new URL(path, root), "utf8"), `${path}: npm run bench -- --pages`).toBe(text);
});
