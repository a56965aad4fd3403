import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { needs } from "./tools.ts";

export const hasSecretService = needs(
  "gnome-keyring-daemon, dbus-daemon",
  ["gnome-keyring-daemon", "dbus-daemon"].every((tool) => spawnSync(tool, ["--version"]).status === 0),
);

/** A session bus with GNOME Keyring on it, unlocked, on keyrings of its own. The variables are set in this process too. */
export async function startSecretService(): Promise<{ stop(): Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), "msal-extensions-keyring-"));
  const variables = ["XDG_DATA_HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"];
  const before = Object.fromEntries(variables.map((name) => [name, process.env[name]]));
  process.env.XDG_DATA_HOME = process.env.XDG_RUNTIME_DIR = home;
  const bus = spawn("dbus-daemon", ["--session", "--nofork", "--print-address"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  async function stop(): Promise<void> {
    await ended(bus);
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await rm(home, { recursive: true, force: true });
  }
  try {
    process.env.DBUS_SESSION_BUS_ADDRESS = await firstLine(bus);
    unlockKeyring();
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

/** Goes into the background once it serves, and ends when its bus does. */
function unlockKeyring(): void {
  const { status } = spawnSync("gnome-keyring-daemon", ["--unlock", "--components=secrets"], {
    input: "password",
    stdio: ["pipe", "ignore", "ignore"],
    timeout: 30_000,
  });
  if (status !== 0) throw new Error("gnome-keyring-daemon did not start");
}

async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) return line;
  throw new Error(`${child.spawnfile} ended without a word`);
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill();
  });
}
