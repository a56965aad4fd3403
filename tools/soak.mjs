// npm run soak: the process tests, WASI and wasmtime at length, then the property tests, those of the plugin too, again
// and again, each time with other seeds, then a million schedules of the simulator. Stops at the first failure. `npm
// run soak -- 20 50000`: so many rounds, so many schedules.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const rounds = Number(process.argv[2] ?? 100);
const schedules = Number(process.argv[3] ?? 1_000_000);

function vitest(folders, quiet) {
  const args = [`${root}node_modules/vitest/vitest.mjs`, "run", ...folders];
  const { status, stdout } = spawnSync(process.execPath, args, {
    cwd: root,
    env: { ...process.env, SOAK: "1" },
    encoding: "utf8",
    stdio: ["ignore", quiet ? "pipe" : "inherit", "inherit"],
  });
  if (status === 0) return;
  if (quiet) console.error(stdout);
  process.exit(1);
}

for (const folder of [
  "spec-tests/processes",
  "spec-tests/wasi",
  "spec-tests/wasmtime",
  "spec-tests/embed/all-together",
])
  vitest([folder], false);
for (let round = 1; round <= rounds; round += 1) {
  vitest(["spec-tests/properties", "spec-tests/plugin"], true);
  console.log(`properties: ${round} of ${rounds} rounds passed`);
}

const simulator = [`${root}dist/spec-tests/simulator/main.js`, "--seeds", `1..${schedules}`];
process.exitCode = spawnSync(process.execPath, simulator, { cwd: root, stdio: "inherit" }).status ?? 1;
