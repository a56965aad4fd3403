import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { needs } from "./tools.ts";

/** For what looks at items past libsecret's C interface. */
export const hasGi = needs(
  "python3-gi, gir1.2-secret-1",
  spawnSync("/usr/bin/python3", ["-c", "import gi; gi.require_version('Secret', '1')"]).status === 0,
);

export const hasSecretService = needs(
  "gnome-keyring-daemon, dbus-daemon, dbus-send",
  ["gnome-keyring-daemon", "dbus-daemon", "dbus-send"].every((tool) => spawnSync("which", [tool]).status === 0),
);

export interface SecretServiceUnderTest {
  lock(): void;
  unlock(): void;
  /** Ends at once. The bus starts another one, locked, for the next who asks; its keyrings are the same. */
  kill(): void;
  /** Ends at once; another one serves the same keyrings, unlocked. */
  restart(): void;
  /** Of the one item with these attributes. */
  labelOf(attributes: Readonly<Record<string, string>>): string | undefined;
  stop(): Promise<void>;
}

/**
 * A session bus with GNOME Keyring on it, unlocked, on keyrings of its own. The variables are set in this process too.
 */
export async function startSecretService(): Promise<SecretServiceUnderTest> {
  const home = await mkdtemp(join(tmpdir(), "msal-extensions-keyring-"));
  const variables = ["XDG_DATA_HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"];
  const before = Object.fromEntries(variables.map((name) => [name, process.env[name]]));
  process.env.XDG_DATA_HOME = process.env.XDG_RUNTIME_DIR = home;
  const bus = spawnBus();
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
  function restart(): void {
    killService();
    unlockKeyring();
  }
  return { lock: lockKeyring, unlock: unlockAgain, kill: killService, restart, labelOf, stop };
}

function spawnBus(): ChildProcess {
  // Nobody is to be asked for a password: what the bus starts sees no display.
  const { DISPLAY: _x11, WAYLAND_DISPLAY: _wayland, ...env } = process.env;
  const argv = ["--session", "--nofork", "--print-address"];
  return spawn("dbus-daemon", argv, { env, stdio: ["ignore", "pipe", "ignore"] });
}

export interface UnansweredServiceUnderTest {
  readonly env: NodeJS.ProcessEnv;
  /** What it has printed. */
  readonly lines: readonly string[];
  stop(): Promise<void>;
}

/** A session bus with unanswered_service.py on it, for other processes. */
export async function startUnansweredService(): Promise<UnansweredServiceUnderTest> {
  const bus = spawnBus();
  const env = { ...process.env, DBUS_SESSION_BUS_ADDRESS: await firstLine(bus) };
  const script = fileURLToPath(new URL("unanswered_service.py", import.meta.url));
  const service = spawn("/usr/bin/python3", [script], { env, stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  const output = createInterface({ input: service.stdout }).on("line", (line) => lines.push(line));
  await once(output, "line");
  const stop = async () => {
    await ended(service);
    await ended(bus);
  };
  return { env, lines, stop };
}

const SERVICE = "org.freedesktop.secrets";
const SECRETS = "/org/freedesktop/secrets";

/** @returns what the call answers, as `dbus-send` prints it */
function busCall(destination: string, path: string, method: string, ...values: string[]): string {
  const argv = ["--session", `--dest=${destination}`, "--print-reply", path, method, ...values];
  const { status, stdout, stderr } = spawnSync("dbus-send", argv, { encoding: "utf8", timeout: 30_000 });
  if (status !== 0) throw new Error(`${method} failed: ${stderr}`);
  return stdout;
}

const askBus = (method: string) =>
  busCall("org.freedesktop.DBus", "/org/freedesktop/DBus", `org.freedesktop.DBus.${method}`, `string:${SERVICE}`);

function labelOf(attributes: Readonly<Record<string, string>>): string | undefined {
  const wanted = `dict:string:string:${Object.entries(attributes).flat().join(",")}`;
  const items = busCall(SERVICE, SECRETS, "org.freedesktop.Secret.Service.SearchItems", wanted);
  const [path, ...others] = [...items.matchAll(/object path "(.*)"/g)].map(([, found]) => found);
  if (path === undefined || others.length > 0) throw new Error(`Not one item: ${items}`);
  const property = ["string:org.freedesktop.Secret.Item", "string:Label"];
  const label = busCall(SERVICE, path, "org.freedesktop.DBus.Properties.Get", ...property);
  return /string "(.*)"/.exec(label)?.[1];
}

function lockKeyring(): void {
  busCall(SERVICE, SECRETS, "org.freedesktop.Secret.Service.Lock", `array:objpath:${SECRETS}/collection/login`);
}

function killService(): void {
  const pid = /uint32 (\d+)/.exec(askBus("GetConnectionUnixProcessID"))?.[1];
  process.kill(Number(pid), "SIGKILL");
  while (askBus("NameHasOwner").includes("true")); // until the bus has noticed
}

function unlockAgain(): void {
  const script = fileURLToPath(new URL("unlock_keyring.py", import.meta.url));
  const { status, stderr } = spawnSync("/usr/bin/python3", [script], { encoding: "utf8", timeout: 30_000 });
  if (status !== 0) throw new Error(`The keyring was not unlocked: ${stderr}`);
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
