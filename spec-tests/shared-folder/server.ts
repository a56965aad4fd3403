import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../support/run.ts";

/** What the server lends, as it sees it. */
export const LENT = "/srv/lent";

/** By which the machines reach it. */
export const ADDRESS = "10.0.0.1";
export const BRIDGE = "bridge";

/** The network, and a server that lends ext4: what it says is stored, is. */
export function startServer(modules: string): void {
  for (const module of ["loop", "ext4", "veth", "bridge", "nfsd", "nfsv3", "nfsv4"])
    run("modprobe", "-d", modules, module);
  run("ip", "link", "set", "lo", "up");
  run("ip", "link", "add", BRIDGE, "type", "bridge");
  run("ip", "address", "add", `${ADDRESS}/24`, "dev", BRIDGE);
  run("ip", "link", "set", BRIDGE, "up");
  const disk = "/tmp/disk";
  run("truncate", "--size=256M", disk);
  run("mkfs.ext4", "-q", disk);
  mkdirSync(LENT, { recursive: true });
  run("mount", "-o", "loop", disk, LENT);
  startNfs();
}

function startNfs(): void {
  for (const folder of ["sm", "sm.bak", "v4recovery", "rpc_pipefs"])
    mkdirSync(join("/var/lib/nfs", folder), { recursive: true });
  for (const file of ["etab", "rmtab", "state"]) writeFileSync(join("/var/lib/nfs", file), "");
  run("mount", "-t", "nfsd", "nfsd", "/proc/fs/nfsd");
  run("rpcbind");
  run("rpc.statd", "--no-notify");
  run("exportfs", "-o", "rw,sync,no_root_squash,no_subtree_check,insecure,fsid=0", `*:${LENT}`);
  run("rpc.nfsd", "--grace-time", "10", "8");
  run("rpc.mountd");
}
