// All tests: everything on the Node.js that runs this, then the suite on the other runtimes. Ends with what has failed,
// which may be thousands of lines further up, or not in what a CI system keeps, and one line that adds up all of them.
// A runtime that is not installed counts as one skipped test, in CI as a failed one.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findRuntime, RUNTIME_NAMES } from "./runtimes.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const VITEST = `${root}node_modules/vitest/vitest.mjs`;
const results = mkdtempSync(join(tmpdir(), "msal-extensions-results-"));

/** What runs the suite on a runtime, and how its results are read. `results` and the sources are all Deno may touch. */
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
  const failed = cases.filter((one) => /<(failure|error)\b/.test(one));
  const skipped = cases.filter((one) => /<skipped\b/.test(one)).length;
  const count = { passed: cases.length - failed.length - skipped, failed: failed.length, skipped };
  return { count, failures: failed.map((one) => ({ test: nameIn(one), why: "" })) }; // only Deno's has the message
}

const nameIn = (testcase) => /\bname="([^"]*)"/.exec(testcase)?.[1] ?? "a test without a name";

function run(runtime, launch) {
  const file = join(results, runtime.name);
  const { args, env = {}, read } = launch(file);
  const { status } = spawnSync(runtime.path, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } });
  const { count, failures } = existsSync(file) ? read(readFileSync(file, "utf8")) : noneRan();
  // A run that found nothing to run, or broke off, is no success.
  if ((status !== 0 || count.passed === 0) && count.failed === 0) {
    count.failed = 1;
    failures.push({ test: `${runtime.name} as a whole`, why: `exit status ${status}, ${JSON.stringify(count)}` });
  }
  return { count, failures };
}

function missing(name) {
  console.warn(`SKIPPED: ${name} is not installed`);
  const { count, failures } = noneRan();
  if (process.env.CI) failures.push({ test: `${name} is not installed`, why: "" });
  count[process.env.CI ? "failed" : "skipped"] = 1;
  return { count, failures };
}

/** The first lines and the last, which say what and where also if between them lies what another tool has printed. */
function excerpt(why) {
  const lines = why.split("\n").map((line) => `    ${line}`);
  return lines.length <= 40 ? lines.join("\n") : [...lines.slice(0, 20), "    ...", ...lines.slice(-20)].join("\n");
}

function noneRan() {
  return { count: { passed: 0, failed: 0, skipped: 0 }, failures: [] };
}

const total = { passed: 0, failed: 0, skipped: 0 };
const counts = [];
const failed = [];
for (const name of RUNTIME_NAMES) {
  const runtime = findRuntime(name);
  console.log(`\n${name} ${runtime?.version ?? "(missing)"}`);
  const { count, failures } = runtime
    ? run(runtime, name === "node" ? fromEverything : LAUNCH[runtime.kind])
    : missing(name);
  for (const { test, why } of failures) failed.push(`FAILED on ${name}: ${test}\n${excerpt(why)}\n`);
  counts.push(`${name.padEnd(8)} ${(runtime?.version ?? "").padEnd(9)} ${JSON.stringify(count)}`);
  for (const key of Object.keys(total)) total[key] += count[key];
}
rmSync(results, { recursive: true });
console.log(
  `\n${[...failed, ...counts].join("\n")}\n\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`,
);
process.exitCode = total.failed > 0 ? 1 : 0;
