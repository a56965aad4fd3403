// Ends a run with one plain line that any tool can read. A skipped test is a failure in CI: there every tool is there.
// Where COUNTS_FILE is set, more runs follow: the counts go there, and whoever adds them up prints the line.
import { writeFileSync } from "node:fs";

export default class ClosingLineReporter {
  onTestRunEnd(modules) {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      if (module.state() === "failed" && [...module.children.allTests()].length === 0) count.failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        count[state in count ? state : "failed"] += 1;
        if (state === "skipped")
          console.warn(`SKIPPED: ${module.relativeModuleId ?? module.moduleId}: ${test.fullName}`);
      }
    }
    if (process.env.CI && count.skipped > 0) {
      console.error("In CI nothing may be skipped.");
      process.exitCode = 1;
    }
    if (process.env.COUNTS_FILE) writeFileSync(process.env.COUNTS_FILE, JSON.stringify(count));
    else console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }
}
