import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { needs } from "./tools.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const windows = (name: string) => fileURLToPath(new URL(`windows/${name}`, import.meta.url));
const prefix = join(tmpdir(), "msal-extensions-wine");
const env = { ...process.env, WINEPREFIX: prefix, WINEDEBUG: "-all", DISPLAY: "" };

export const WINDOWS_NODES = ["node-20", "node-22"] as const;
const programOf = (node: string) => windows(`node_modules/${node}/bin/node.exe`);

/** On an idle machine a program takes two seconds to start, on a fresh prefix ten. */
export const WINE_LIMIT_MS = 90_000;

export const hasWine = needs(
  "Wine and the Windows builds of Node.js (windows/setup.sh)",
  [prefix, ...WINDOWS_NODES.map(programOf)].every(existsSync) && spawnSync("which", ["wine"]).status === 0,
);

/** What a call came to in the other process. */
export interface Answer {
  readonly value?: unknown;
  readonly error?: { readonly code: string; readonly message: string; readonly cause: string | undefined };
}

/** The path by which a program under Wine reaches a file of ours. */
export const windowsPath = (path: string) => `Z:${path}`;

/** The package as it would be installed there. */
export async function installPackage(): Promise<void> {
  const installed = windows("node_modules/msal-extensions");
  await rm(installed, { recursive: true, force: true });
  await mkdir(installed, { recursive: true });
  await cp(join(root, "package.json"), join(installed, "package.json"));
  await cp(join(root, "dist"), join(installed, "dist"), { recursive: true });
}

/** Wine's server outlives its programs, and ends what is left of them. */
export function endWine(): void {
  spawnSync("wineserver", ["--kill", "--wait"], { env, timeout: WINE_LIMIT_MS });
}

/**
 * A process of the Windows build of Node.js, which does what it is told over a socket: Wine loses what goes to a pipe.
 */
export class WindowsProcess {
  /** What happens while the process would sleep, once it has been told not to (`controlSleep`). */
  onSleep: (ms: number) => unknown = () => undefined;
  readonly ended: Promise<unknown>;
  readonly #socket: Socket;
  readonly #answers: ((answer: Answer) => void)[] = [];

  static async start(node: (typeof WINDOWS_NODES)[number]): Promise<WindowsProcess> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const argv = [programOf(node), windows("worker.mjs"), String(port)];
    const process = spawn("wine", argv, { env, cwd: windows(""), stdio: "ignore" });
    const [socket] = (await Promise.race([once(server, "connection"), exited(process)])) as [Socket];
    server.close();
    return new WindowsProcess(process, socket);
  }

  private constructor(process: ChildProcess, socket: Socket) {
    this.ended = once(process, "exit");
    this.#socket = socket;
    socket.on("error", () => {}); // One that has died is noticed by its end.
    createInterface({ input: socket }).on("line", (line) => void this.#heard(JSON.parse(line)));
    socket.on("close", () => {
      for (const answer of this.#answers.splice(0)) answer({ error: { code: "ended", message: "", cause: undefined } });
    });
  }

  /** Calls answer one after the other. */
  call(name: string, ...values: unknown[]): Promise<Answer> {
    this.#socket.write(`${JSON.stringify([name, ...values])}\n`);
    return new Promise((resolve) => this.#answers.push(resolve));
  }

  /** As `call`; what fails there fails here. */
  async value(name: string, ...values: unknown[]): Promise<unknown> {
    const { value, error } = await this.call(name, ...values);
    if (error !== undefined) throw new Error(`${name}: ${error.code}: ${error.message}`);
    return value;
  }

  async end(): Promise<void> {
    this.#socket.end();
    await this.ended;
  }

  async #heard(news: Answer & { readonly sleeps?: number }): Promise<void> {
    if (news.sleeps === undefined) {
      this.#answers.shift()?.(news);
      return;
    }
    await this.onSleep(news.sleeps);
    this.#socket.write(`${JSON.stringify(["wake"])}\n`);
  }
}

async function exited(process: ChildProcess): Promise<never> {
  const [code] = await once(process, "exit");
  throw new Error(`The Windows build of Node.js ended at once (${code}).`);
}
