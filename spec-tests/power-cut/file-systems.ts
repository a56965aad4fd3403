import { run } from "../support/run.ts";

export interface FileSystem {
  readonly name: string;
  /** The least that it can be made on, or nearly. */
  readonly mebibytes: number;
  readonly make: readonly [program: string, ...options: string[]];
}

export const FILE_SYSTEMS: readonly FileSystem[] = [
  { name: "ext4", mebibytes: 64, make: ["mkfs.ext4", "-q"] },
  { name: "xfs", mebibytes: 320, make: ["mkfs.xfs", "-q", "-f"] },
  { name: "btrfs", mebibytes: 160, make: ["mkfs.btrfs", "-q", "-f"] },
];

/** The file as a block device, for as long as `use` takes. */
export async function onLoopDevice<T>(file: string, use: (device: string) => Promise<T>): Promise<T> {
  const device = run("losetup", "--find", "--show", file).trim();
  try {
    return await use(device);
  } finally {
    run("losetup", "--detach", device);
  }
}

export function make({ make: [program, ...options] }: FileSystem, device: string): void {
  run(program, ...options, device);
}

/** Mounted for as long as `use` takes. */
export async function mounted<T>(what: string, folder: string, name: string, use: () => T | Promise<T>): Promise<T> {
  run("mount", "-t", name, what, folder);
  try {
    return await use();
  } finally {
    run("umount", folder);
  }
}
