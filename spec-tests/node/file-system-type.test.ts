import * as fs from "node:fs";
import { describe, expect, it } from "vitest";
import { fileSystemTypeOf, type TypeFunctions } from "../../hosts/shared/runtime/file-system-type.ts";
import { EXT4 } from "../support/file-system-types.ts";

const NINE_P = 0x01021997;

/** proc(5), "mountinfo": a disk, and a folder that QEMU lends, whose type statfs(2) gives as the other machine's. */
const MOUNTS = `22 1 259:1 / / rw,relatime shared:1 - ext4 /dev/vda rw
36 22 0:24 / /proc rw - proc proc rw
98 22 0:300 /home /lent rw,relatime master:1 - 9p lent rw,access=client,trans=virtio
`;

const deviceOf = (major: number, minor: number) => (minor % 256) + major * 256 + Math.floor(minor / 256) * 2 ** 20;

function mounted(dev: number, readFileSync: TypeFunctions["readFileSync"] = () => MOUNTS): TypeFunctions {
  return { statfsSync: () => ({ type: EXT4 }), statSync: () => ({ dev }), readFileSync };
}

describe("the type of a file system", () => {
  it.each([
    ["of a disk is what it says", deviceOf(259, 1), EXT4],
    ["of a disk with the minor number of 9P is what it says", deviceOf(259, 300), EXT4],
    ["of what is mounted without a disk is what it says", deviceOf(0, 24), EXT4],
    ["of what is not among the mounts is what it says", deviceOf(0, 44), EXT4],
    ["of 9P is not what it says", deviceOf(0, 300), NINE_P],
  ])("%s", (_what, dev, type) => {
    expect(fileSystemTypeOf(mounted(dev), "/lent/file")).toBe(type);
  });

  it("is what it says where the mounts may not be read", () => {
    const refused = () => {
      throw new Error("NotCapable");
    };
    expect(fileSystemTypeOf(mounted(deviceOf(0, 300), refused), "/lent/file")).toBe(EXT4);
  });

  it.runIf(process.platform === "linux")("is the system's for what is here", () => {
    for (const path of ["/proc", "/tmp", "/"]) expect(fileSystemTypeOf(fs, path)).toBe(fs.statfsSync(path).type);
  });
});
