"""What the system's errors mean here: the same table as in core-wasm/assembly/wasi/errno.ts."""
from __future__ import annotations

import errno
import os
from contextlib import ExitStack

from .status import StatusName

CODES: dict[int | None, StatusName] = {
    errno.EACCES: "permission_denied", errno.EPERM: "permission_denied", errno.EROFS: "read_only", errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full", errno.EMFILE: "too_many_open_files", errno.ENFILE: "too_many_open_files", errno.ENOTDIR: "not_a_file",
    errno.EISDIR: "not_a_file", errno.EEXIST: "not_a_file", errno.ENOENT: "invalid_location", errno.EINVAL: "invalid_location",
    errno.ENAMETOOLONG: "invalid_location", errno.ELOOP: "invalid_location", errno.ENOMEM: "out_of_memory",
}
DESCRIPTORS_OF_A_COMMIT = 3
"""That are open at once, beside those that stay open: the lock file, the new file, and that once more, to make it private."""


def code_of(error: OSError) -> StatusName:
    return CODES.get(error.errno, "io_error")


def code_of_io_error(folder: str) -> StatusName:
    """The engine has no number for want of descriptors (wasmtime 50), and that is an `io_error` too. So what a commit needs is tried."""
    if os.name != "posix":
        return "io_error"  # elsewhere a folder cannot be opened
    try:
        with ExitStack() as opened:
            for _ in range(DESCRIPTORS_OF_A_COMMIT):
                opened.callback(os.close, os.open(folder, os.O_RDONLY))
    except OSError as error:
        return code_of(error)
    return "io_error"
