// What is used of wasi_snapshot_preview1, and nothing else: every function here is one that an engine must have.

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_close")
export declare function fd_close(fd: u32): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_filestat_get")
export declare function fd_filestat_get(fd: u32, status: usize): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_filestat_set_times")
export declare function fd_filestat_set_times(fd: u32, accessed: u64, modified: u64, flags: u32): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_pread")
export declare function fd_pread(fd: u32, vectors: usize, count: u32, offset: u64, transferred: usize): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_prestat_dir_name")
export declare function fd_prestat_dir_name(fd: u32, name: usize, length: usize): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_prestat_get")
export declare function fd_prestat_get(fd: u32, status: usize): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_sync")
export declare function fd_sync(fd: u32): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_write")
export declare function fd_write(fd: u32, vectors: usize, count: u32, transferred: usize): u32;

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_create_directory")
export declare function path_create_directory(fd: u32, path: usize, length: usize): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_filestat_get")
export declare function path_filestat_get(fd: u32, lookup: u32, path: usize, length: usize, status: usize): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_filestat_set_times")
export declare function path_filestat_set_times(
  fd: u32,
  lookup: u32,
  path: usize,
  length: usize,
  accessed: u64,
  modified: u64,
  flags: u32,
): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_link")
export declare function path_link(
  oldFd: u32,
  lookup: u32,
  oldPath: usize,
  oldLength: usize,
  newFd: u32,
  newPath: usize,
  newLength: usize,
): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_open")
export declare function path_open(
  fd: u32,
  lookup: u32,
  path: usize,
  length: usize,
  openFlags: u32,
  rights: u64,
  inheriting: u64,
  fdFlags: u32,
  opened: usize,
): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_readlink")
export declare function path_readlink(
  fd: u32,
  path: usize,
  length: usize,
  buffer: usize,
  room: usize,
  used: usize,
): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_remove_directory")
export declare function path_remove_directory(fd: u32, path: usize, length: usize): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_rename")
export declare function path_rename(
  oldFd: u32,
  oldPath: usize,
  oldLength: usize,
  newFd: u32,
  newPath: usize,
  newLength: usize,
): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_unlink_file")
export declare function path_unlink_file(fd: u32, path: usize, length: usize): u32;

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "clock_time_get")
export declare function clock_time_get(clock: u32, precision: u64, time: usize): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "poll_oneoff")
export declare function poll_oneoff(subscriptions: usize, events: usize, count: u32, occurred: usize): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "random_get")
export declare function random_get(buffer: usize, length: usize): u32;

// Errors, those that mean something here.
export const SUCCESS: u32 = 0;
export const ACCES: u32 = 2;
export const AGAIN: u32 = 6;
export const DQUOT: u32 = 19;
export const EXIST: u32 = 20;
export const ILSEQ: u32 = 25;
export const INVAL: u32 = 28;
export const IO: u32 = 29;
export const ISDIR: u32 = 31;
export const LOOP: u32 = 32;
export const MFILE: u32 = 33;
export const NAMETOOLONG: u32 = 37;
export const NFILE: u32 = 41;
export const NOENT: u32 = 44;
export const NOMEM: u32 = 48;
export const NOSPC: u32 = 51;
export const NOSYS: u32 = 52;
export const NOTDIR: u32 = 54;
export const NOTSUP: u32 = 58;
export const PERM: u32 = 63;
export const ROFS: u32 = 69;
export const STALE: u32 = 72;
export const NOTCAPABLE: u32 = 76;
