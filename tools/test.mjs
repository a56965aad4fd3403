// All tests: everything on the Node.js that runs this, then the suite on the other runtimes. Ends with one line that
// adds up all of them. A runtime that is not installed counts as one skipped test, in CI as a failed one.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findRuntime, RUNTIME_NAMES } from "./runtimes.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const VITEST = `${root}node_modules/vitest/vitest.mjs`;
const results = mkdtempSync(join(tmpdir(), "msal-extensions-results-"));

/** What runs the suite on a runtime, and how its counts are read. `results` and the sources are all Deno may touch. */
const LAUNCH = {
  node: (file) => ({
    args: [VITEST, "run", "spec-tests/launchers/node.test.ts"],
    env: { COUNTS_FILE: file },
    read: fromJson,
  }),
  deno: (file) => ({
    args: [
      ...["test", "--no-check", "--no-prompt", "--reporter=dot", `--junit-path=${file}`],
      ...[`--allow-read=${root},${tmpdir()}`, `--allow-write=${tmpdir()}`, "--allow-env", "--allow-sys"],
      "spec-tests/launchers/deno.test.ts",
    ],
    read: fromJunit,
  }),
  bun: (file) => ({
    args: ["test", "--reporter=junit", `--reporter-outfile=${file}`, "./spec-tests/launchers/bun.test.ts"],
    read: fromJunit,
  }),
};

const fromEverything = (file) => ({ args: [VITEST, "run"], env: { COUNTS_FILE: file }, read: fromJson });

function fromJson(text) {
  return JSON.parse(text);
}

/** Counts cases, not the attributes of suites, which the two runtimes nest differently. */
function fromJunit(text) {
  const cases = text.match(/<testcase\b[\s\S]*?(?:\/>|<\/testcase>)/g) ?? [];
  const failed = cases.filter((one) => /<(failure|error)\b/.test(one)).length;
  const skipped = cases.filter((one) => /<skipped\b/.test(one)).length;
  return { passed: cases.length - failed - skipped, failed, skipped };
}

function run(runtime, launch) {
  const file = join(results, runtime.name);
  const { args, env = {}, read } = launch(file);
  const { status } = spawnSync(runtime.path, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } });
  const count = existsSync(file) ? read(readFileSync(file, "utf8")) : { passed: 0, failed: 0, skipped: 0 };
  // A run that found nothing to run, or broke off, is no success.
  if ((status !== 0 || count.passed === 0) && count.failed === 0) count.failed = 1;
  return count;
}

function missing(name) {
  console.warn(`SKIPPED: ${name} is not installed`);
  return process.env.CI ? { passed: 0, failed: 1, skipped: 0 } : { passed: 0, failed: 0, skipped: 1 };
}

const total = { passed: 0, failed: 0, skipped: 0 };
const lines = [];
for (const name of RUNTIME_NAMES) {
  const runtime = findRuntime(name);
  console.log(`\n${name} ${runtime?.version ?? "(missing)"}`);
  const count = runtime ? run(runtime, name === "node" ? fromEverything : LAUNCH[runtime.kind]) : missing(name);
  lines.push(`${name.padEnd(8)} ${(runtime?.version ?? "").padEnd(9)} ${JSON.stringify(count)}`);
  for (const key of Object.keys(total)) total[key] += count[key];
}
rmSync(results, { recursive: true });
console.log(`\n${lines.join("\n")}\n\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;
