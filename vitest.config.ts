import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * What counts how long real processes wait for each other, or takes both cores by itself: one file after the other, so
 * that none measures another's load.
 */
const ALONE = [
  "spec-tests/{node,simulator}/**/*.test.ts",
  "spec-tests/processes/!(descriptors|killed-at-each-call|refused-calls).test.ts",
  "spec-tests/family/{also-lock,crowd,handover}.test.ts",
];

/** Half a minute and more, the longest first. */
const LONG = ["embed/python", "bench/bench", "embed/all-together", "embed/java", "wasmtime/engines", "embed/go"];

/** Files begin in the order of their sizes where vitest does not know yet how long they take: these would end alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = LONG.findIndex((name) => moduleId.includes(name));
      return place === -1 ? LONG.length : place;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    globalSetup: "spec-tests/support/arena-check.ts",
    testTimeout: 120_000,
    hookTimeout: 60_000,
    reporters: ["default", "./tools/closing-line-reporter.mjs"],
    projects: [
      {
        extends: true,
        test: {
          name: "alone",
          include: ALONE,
          fileParallelism: false,
          sequence: { groupOrder: 1 }, // vitest would put group 0 behind all others
        },
      },
      {
        extends: true,
        test: {
          name: "together", // much of it waits: for a lease to become old, for a prompt that nobody answers, for peers
          include: ["spec-tests/**/*.test.ts"],
          exclude: ["spec-tests/launchers/{deno,bun}.test.ts", ...ALONE],
          maxWorkers: 4,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
