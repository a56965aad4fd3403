// Makes in `.shared-folder/` what a virtual machine boots from: Debian's kernel, and a first file system with the modules
// by which it takes the root of the machine that runs it.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { builtOnce } from "../support/built-once.mjs";
import { missingOf } from "../support/toolchain.mjs";

const here = fileURLToPath(new URL("./", import.meta.url));
const folder = fileURLToPath(new URL("../../.shared-folder", import.meta.url));

/** Debian's names of the packages. */
const NEEDS = {
  "qemu-system-x86": "command -v qemu-system-x86_64",
  "busybox-static": "! ldd $(command -v busybox)",
  "nfs-kernel-server": "command -v rpc.nfsd",
  rpcbind: "command -v rpcbind",
  iproute2: "command -v ip",
  kmod: "command -v modprobe",
  "apt with linux-image-amd64": "apt-cache show linux-image-amd64",
};

const IN_FIRST_FILE_SYSTEM = ["virtio_pci", "9pnet_virtio", "9p", "overlay"];

const unpacked = join(folder, "kernel");

export const missing = () => missingOf(NEEDS);

export async function build() {
  const init = readFileSync(join(here, "init.sh"));
  await builtOnce(folder, init.toString(), () => {
    mkdirSync(folder, { recursive: true });
    unpackKernel();
    makeFirstFileSystem(init);
  });
  return {
    kernel: join(unpacked, "boot", `vmlinuz-${version()}`),
    first: join(folder, "first.cpio"),
    modules: unpacked,
    assignment: join(folder, "assignment.json"),
    lent: join(folder, "lent"),
  };
}

const run = (program, ...options) => execFileSync(program, options, { cwd: folder, encoding: "utf8" });

const version = () => readdirSync(join(unpacked, "lib/modules"))[0];

function unpackKernel() {
  const newest = run("apt-cache", "depends", "linux-image-amd64").match(/Depends: (linux-image-\S+)/)[1];
  run("apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", newest);
  const [archive] = readdirSync(folder).filter((name) => name.endsWith(".deb"));
  run("dpkg", "-x", archive, unpacked);
  run("depmod", "-b", unpacked, version());
}

function makeFirstFileSystem(init) {
  const first = join(folder, "first");
  for (const name of ["bin", "proc", "modules"]) mkdirSync(join(first, name), { recursive: true });
  writeFileSync(join(first, "init"), init, { mode: 0o755 });
  cpSync(run("sh", "-c", "command -v busybox").trim(), join(first, "bin/busybox"), { dereference: true });
  const modules = modulesInOrder();
  for (const module of modules) cpSync(module, join(first, "modules", basename(module)));
  writeFileSync(join(first, "modules/order"), modules.map((module) => basename(module)).join("\n"));
  run("sh", "-c", "cd first && find . | busybox cpio --quiet -o -H newc > ../first.cpio");
}

function modulesInOrder() {
  const all = IN_FIRST_FILE_SYSTEM.flatMap((name) =>
    run("modprobe", "-d", unpacked, "-S", version(), "--show-depends", name)
      .split("\n")
      .filter((line) => line.startsWith("insmod "))
      .map((line) => line.split(" ")[1]),
  );
  return [...new Set(all)];
}
