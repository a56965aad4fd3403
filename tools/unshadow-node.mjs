// Runs after `npm ci`. The packages that carry further versions of Node each bring a command `node`, and npm puts
// node_modules/.bin first on the path of every script: without this, `npm test` would run on the wrong version.
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

for (const name of ["node", "node.cmd", "node.ps1"]) {
  rmSync(fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url)), { force: true });
}
