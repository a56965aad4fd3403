// What the system's errors mean here; the hosts in JavaScript have the same table (hosts/shared/errors/thrown.ts).

import {
  DISK_FULL,
  INVALID_LOCATION,
  IO_ERROR,
  NOT_A_FILE,
  NOT_SUPPORTED,
  OUT_OF_MEMORY,
  PERMISSION_DENIED,
  READ_ONLY,
  TOO_MANY_OPEN_FILES,
} from "../abi/status";
import * as preview1 from "./preview1";

/** How often a file is looked at again that another machine replaces meanwhile. */
export const LOOKS_MAX: u32 = 10;

/**
 * NFS says STALE of an open file that another machine has replaced or removed, and wasmtime makes IO of it. Opened anew
 * it is another one, or there is none. (Before, each second process of Python's ended so where two machines took turns.)
 */
export function mayBeReplaced(errno: u32): bool {
  return errno == preview1.STALE || errno == preview1.IO;
}

/** Where nothing being there is an answer, nobody asks this table; a missing folder is no location. */
export function statusOf(errno: u32): u32 {
  switch (errno) {
    case preview1.ACCES:
    case preview1.PERM:
    case preview1.NOTCAPABLE:
      return PERMISSION_DENIED;
    case preview1.NOSPC:
    case preview1.DQUOT:
      return DISK_FULL;
    case preview1.ROFS:
      return READ_ONLY;
    case preview1.MFILE:
    case preview1.NFILE:
      return TOO_MANY_OPEN_FILES;
    case preview1.ISDIR:
    case preview1.NOTDIR:
      return NOT_A_FILE;
    case preview1.NOENT:
    case preview1.NAMETOOLONG:
    case preview1.LOOP:
    case preview1.INVAL:
    case preview1.ILSEQ:
      return INVALID_LOCATION;
    case preview1.NOMEM:
      return OUT_OF_MEMORY;
    case preview1.NOSYS:
    case preview1.NOTSUP:
      return NOT_SUPPORTED;
  }
  return IO_ERROR;
}
