import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    globalSetup: "spec-tests/support/arena-check.ts",
    include: ["spec-tests/**/*.test.ts"],
    exclude: ["dist/**", "node_modules/**", "spec-tests/launchers/{deno,bun}.test.ts"],
    // Real processes share two cores: files one after the other, so that none measures another's load.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    reporters: ["default", "./tools/closing-line-reporter.mjs"],
  },
});
