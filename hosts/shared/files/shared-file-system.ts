import type { Runtime } from "../runtime/runtime.ts";

/**
 * As statfs(2) has them, or what `stat -f` of coreutils knows: NFS, SMB (three clients), 9P, whatever a program serves
 * (FUSE: sshfs, and virtiofs too), VirtualBox, Parallels, VMware, Ceph, AFS (two), Coda, Lustre, GFS2, OCFS2, GPFS,
 * OrangeFS.
 */
const SHARED: readonly number[] = [
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997, 0x65735546, 0x786f4256, 0x7c7c6673, 0xbacbacbc, 0x00c36400,
  0x5346414f, 0x6b414653, 0x73757245, 0x0bd00bd0, 0x01161970, 0x7461636f, 0x47504653, 0x20030528,
];

/**
 * May processes of another machine, a virtual one for example, use the folder of this path, too? Their numbers say
 * nothing here, and kernel locks may not reach them: not over NFS with `nolock` or `local_lock`, over SMB with `nobrl`,
 * over most of what FUSE serves, or to the owner of what a virtual machine is lent. On Linux only: elsewhere it is not
 * known.
 */
export function mayBeShared({ platform, fileSystemType, paths }: Runtime, path: string): boolean {
  if (platform !== "linux") return false;
  for (let folder = paths.dirname(path); ; folder = paths.dirname(folder)) {
    try {
      const type = fileSystemType(folder);
      return type !== undefined && SHARED.includes(type >>> 0);
    } catch {
      if (folder === paths.dirname(folder)) return false; // nothing is said about it
    }
  }
}
