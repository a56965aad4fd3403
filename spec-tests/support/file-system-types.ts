// What statfs(2) calls them.
export const EXT4 = 0xef53;
export const NFS = 0x6969;
export const FUSE = 0x65735546;
