"""A disk that writes down what is done to it, in order: a file below FUSE, for a loop device.

    recording_disk.py <folder> <MiB> <record>

In `folder` there are then `disk`, whose content is kept in memory, and `news`: what is written to it stands in the
record between what the disk was told before and after. An entry of the record is a letter (W: written, F: flushed,
N: news), the place on the disk (8 bytes, little-endian), the length (4) and so many bytes.
"""
import errno
import mmap
import stat
import struct
import sys

import mfusepy

ENTRY = struct.Struct("<cQI")


class RecordingDisk(mfusepy.Operations):
    use_ns = True

    def __init__(self, size, record):
        self._content = mmap.mmap(-1, size)
        self._record = record

    def _enter(self, kind, offset=0, content=b""):
        self._record.write(ENTRY.pack(kind, offset, len(content)) + content)

    def getattr(self, path, fh=None):
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o700, "st_nlink": 2}
        if path not in ("/disk", "/news"):
            raise mfusepy.FuseOSError(errno.ENOENT)
        size = len(self._content) if path == "/disk" else 0
        return {"st_mode": stat.S_IFREG | 0o600, "st_nlink": 1, "st_size": size}

    def open(self, path, flags):
        return 0

    def read(self, path, size, offset, fh):
        return self._content[offset : offset + size] if path == "/disk" else b""

    def write(self, path, content, offset, fh):
        if path == "/disk":
            self._content[offset : offset + len(content)] = content
            self._enter(b"W", offset, content)
        else:
            self._enter(b"N", 0, content)
        return len(content)

    def truncate(self, path, length, fh=None):
        return 0

    def fsync(self, path, datasync, fh):
        self._enter(b"F")
        return 0

    def flush(self, path, fh):
        self._record.flush()
        return 0


def main(folder, mebibytes, record):
    with open(record, "wb") as entries:
        disk = RecordingDisk(int(mebibytes) << 20, entries)
        mfusepy.FUSE(disk, folder, foreground=True, nothreads=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
