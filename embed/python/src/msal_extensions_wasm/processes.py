"""Whether the holder of a lock still runs."""
from __future__ import annotations

import os
from pathlib import Path


def is_alive(pid: int) -> bool:
    """Is there such a process on this machine? One that has ended and waits for its parent to notice is gone."""
    if not 0 < pid <= 0x7FFF_FFFF:
        return False  # these would address groups of processes
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_bytes()
    except ProcessLookupError:
        return True  # gone between the two looks
    except OSError:
        return False  # without /proc the word of the signal stands
    # "pid (name) state ...", and the name may hold parentheses and spaces.
    return status[status.rindex(b")") + 2 :][:1] in (b"Z", b"X")
