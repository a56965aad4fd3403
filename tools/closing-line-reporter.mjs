// Ends a run with one plain line that any tool can read. A skipped test is a failure in CI: there every tool is there.
// Where COUNTS_FILE is set, more runs follow: counts and failures go there, and whoever adds them up prints the line.
import { writeFileSync } from "node:fs";

export default class ClosingLineReporter {
  onTestRunEnd(modules, errorsOfNoTest = []) {
    const count = { passed: 0, failed: 0, skipped: 0 };
    const failures = [];
    for (const module of modules) {
      const file = module.relativeModuleId ?? module.moduleId;
      const tests = [...module.children.allTests()];
      if (module.state() === "failed" && tests.length === 0) count.failed += 1;
      const outsideTests = [module, ...module.children.allSuites()].flatMap((one) => one.errors());
      if (outsideTests.length > 0) failures.push({ test: file, why: whyOf(outsideTests) });
      for (const test of tests) {
        const { state, errors } = test.result();
        count[state in count ? state : "failed"] += 1;
        if (state === "skipped") console.warn(`SKIPPED: ${file}: ${test.fullName}`);
        else if (state !== "passed") failures.push({ test: `${file}: ${test.fullName}`, why: whyOf(errors) });
      }
    }
    if (errorsOfNoTest.length > 0) failures.push({ test: "an error of no test", why: whyOf(errorsOfNoTest) });
    if (process.env.CI && count.skipped > 0) {
      console.error("In CI nothing may be skipped.");
      process.exitCode = 1;
    }
    if (process.env.COUNTS_FILE) writeFileSync(process.env.COUNTS_FILE, JSON.stringify({ count, failures }));
    else console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }
}

/** Messages and the places in the tests that they come from. */
function whyOf(errors = []) {
  return errors
    .map(({ message, stacks = [] }) => {
      const places = stacks.map(({ file, line }) => `${file}:${line}`);
      return [message, ...places].join("\n");
    })
    .join("\n");
}
