import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { findRuntime, RUNTIME_NAMES } from "../../tools/runtimes.mjs";
import { allCases } from "../suite/cases.ts";
import { drive } from "./drive.ts";

const path = (file: string) => fileURLToPath(new URL(`../../${file}`, import.meta.url));

/** Deno and Bun take the sources, Node.js what was built from them. */
function commandOf(kind: string): string[] {
  if (kind === "node") return [path("dist/spec-tests/runner/node.js")];
  const source = path(`spec-tests/runner/${kind}.ts`);
  return kind === "bun"
    ? [source]
    : ["run", "--no-check", "--no-prompt", `--allow-read=${path("")}`, "--allow-env", source];
}

describe.each(RUNTIME_NAMES)("the vectors through the runner protocol: %s", (name) => {
  const runtime = findRuntime(name);
  test.skipIf(runtime === undefined)("all pass", async () => {
    const report = await drive(runtime!.path, commandOf(runtime!.kind));
    console.log(`${name} ${runtime!.version}: ${report}`);
    expect(report.count("passed")).toBe(allCases().length);
  });
});
