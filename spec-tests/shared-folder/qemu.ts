import { TAG } from "./guest-client.ts";

interface Files {
  readonly kernel: string;
  readonly first: string;
  /** A folder that the virtual machine may write in. */
  readonly lent: string;
}

/**
 * The options of QEMU for a machine that runs `program`. Emulated, processor and all: where this runs there may be no
 * virtualisation, or one that does not work.
 */
export function qemu({ kernel, first, lent }: Files, program: readonly string[]): string[] {
  return [
    ...["-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "4096"],
    ...["-display", "none", "-monitor", "none", "-serial", "stdio", "-nic", "none", "-no-reboot"],
    ...folder("host", "/", ",readonly=on"),
    ...folder(TAG, lent),
    ...["-kernel", kernel, "-initrd", first],
    ...["-append", `console=ttyS0 quiet loglevel=3 panic=-1 program=${program.join(",")}`],
  ];
}

function folder(tag: string, path: string, more = ""): string[] {
  return [
    ...["-fsdev", `local,id=${tag},path=${path},security_model=none,multidevs=remap${more}`],
    ...["-device", `virtio-9p-pci,fsdev=${tag},mount_tag=${tag}`],
  ];
}
