import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import process from "node:process";
import type { Command } from "../processes/child.ts";
import { run } from "../support/run.ts";
import { type Client, MOUNTED } from "./client.ts";
import { ADDRESS, BRIDGE, LENT } from "./server.ts";

/**
 * A client of the server: a network, a numbering of processes, a name and mounts of its own. To the NFS client of the
 * kernel, and to a lock of NFS's, that is another machine.
 */
export class Machine implements Client {
  readonly #pid: number;

  private constructor(pid: number) {
    this.#pid = pid;
  }

  static async start(name: string, number: number): Promise<Machine> {
    connect(name, number);
    const first = [
      `hostname ${name}`,
      "mount -t tmpfs tmpfs /run", // rpcbind's socket
      "mkdir -p /run/statd/sm /run/statd/sm.bak",
      "rpcbind",
      "rpc.statd --no-notify --state-directory-path /run/statd", // for the locks of version 3
      "echo ready",
      "exec sleep infinity",
    ].join(" && ");
    const apart = ["unshare", "--mount", "--uts", "--pid", "--fork", "--mount-proc", "sh", "-c", first];
    const made = spawn("ip", ["netns", "exec", name, ...apart], { stdio: ["ignore", "pipe", "inherit"] });
    if (!String(await once(made.stdout, "data")).startsWith("ready")) throw new Error(`${name} does not start`);
    return new Machine(childOf(made.pid!));
  }

  mount(options: string): void {
    const path = options.startsWith("vers=4") ? "/" : LENT; // what is lent with fsid=0 is the root of version 4
    this.#run("mount", "-t", "nfs", "-o", options, `${ADDRESS}:${path}`, MOUNTED);
  }

  unmount(): void {
    this.#run("umount", MOUNTED);
  }

  spawn(command: Command): ChildProcess {
    return spawn("nsenter", [...this.#entering(), ...command], { stdio: ["ignore", "pipe", "inherit"] });
  }

  kill(child: ChildProcess): void {
    process.kill(childOf(child.pid!), "SIGKILL"); // not that which has entered the machine and waits for it
  }

  #run(...command: Command): void {
    run("nsenter", ...this.#entering(), ...command);
  }

  #entering(): string[] {
    return [`--target=${this.#pid}`, "--net", "--mount", "--uts", "--pid", "--"];
  }
}

/** A network of its own, with a cable to the server's. */
function connect(name: string, number: number): void {
  run("ip", "netns", "add", name);
  run("ip", "link", "add", `to-${name}`, "type", "veth", "peer", "name", "eth0", "netns", name);
  run("ip", "link", "set", `to-${name}`, "master", BRIDGE, "up");
  run("ip", "-n", name, "address", "add", `10.0.0.${number}/24`, "dev", "eth0");
  for (const device of ["lo", "eth0"]) run("ip", "-n", name, "link", "set", device, "up");
}

/** The process that another has started, and waits for: so do those that make a machine, or enter one. */
function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim());
}
