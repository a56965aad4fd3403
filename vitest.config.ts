import { defineConfig } from "vitest/config";

/**
 * What mostly waits (for a lease to become old, for a prompt that nobody answers), and what computes meanwhile and has
 * nobody to wait for: together, after everything else, in 140 s instead of 215.
 */
const TOGETHER = [
  "spec-tests/embed/{go,java,python,rust}.test.ts",
  "spec-tests/encryption/unanswered.test.ts",
  "spec-tests/wasi/contention.test.ts",
  "spec-tests/{bench,properties,wasmtime}/**/*.test.ts",
];

export default defineConfig({
  test: {
    globalSetup: "spec-tests/support/arena-check.ts",
    testTimeout: 120_000,
    hookTimeout: 60_000,
    reporters: ["default", "./tools/closing-line-reporter.mjs"],
    projects: [
      {
        extends: true,
        test: {
          name: "one by one",
          include: ["spec-tests/**/*.test.ts"],
          exclude: ["dist/**", "node_modules/**", "spec-tests/launchers/{deno,bun}.test.ts", ...TOGETHER],
          // Real processes share two cores: files one after the other, so that none measures another's load.
          fileParallelism: false,
          sequence: { groupOrder: 1 }, // vitest would put group 0 behind all others
        },
      },
      {
        extends: true,
        test: { name: "together", include: TOGETHER, maxWorkers: 4, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
