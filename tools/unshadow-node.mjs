// Runs after `npm ci` and before every build. The packages that carry further versions of Node each bring a
// command `node`, and npm puts node_modules/.bin first on the path of every script: without this, `npm test`
// would run on the wrong version.
import { realpathSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const modules = realpathSync(fileURLToPath(new URL("../node_modules/", import.meta.url)));
for (const name of ["node", "node.cmd", "node.ps1"]) rmSync(`${modules}/.bin/${name}`, { force: true });

// `npm install <package>` puts the command back without running `prepare`.
if (realpathSync(process.execPath).startsWith(modules) && process.env.npm_lifecycle_event !== "prepare") {
  console.error(
    `This ran on ${process.execPath}, which npm had put before the installed Node.js. It is gone now: run it again.`,
  );
  process.exit(1);
}
