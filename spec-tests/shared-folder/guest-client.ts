import { run } from "../support/run.ts";
import { type Client, MOUNTED } from "./client.ts";
import { localProcesses } from "./local-processes.ts";

/** The tag that QEMU gives to what it lends. */
export const TAG = "lent";

/** The virtual machine itself, to which the machine that runs it lends a folder. */
export const guestClient: Client = {
  ...localProcesses,
  mount: () => run("mount", "-t", "9p", "-o", "trans=virtio,version=9p2000.L,msize=262144", TAG, MOUNTED),
  unmount: () => run("umount", MOUNTED),
};
