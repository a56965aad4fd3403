package msalextensions;

import static msalextensions.SystemError.EXIST;
import static msalextensions.SystemError.ISDIR;
import static msalextensions.SystemError.NOTDIR;

import com.dylibso.chicory.runtime.HostFunction;
import com.dylibso.chicory.runtime.Memory;
import com.dylibso.chicory.wasm.types.FunctionType;
import com.dylibso.chicory.wasm.types.ValType;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The functions of {@code wasi_snapshot_preview1} that the core imports. Chicory has a package with all of them, but in that (1.7.5) new files
 * can be read by everybody, the status of an open file is that of whatever has its name by now, a folder cannot be synced, and nearly every
 * error is EIO: a token cache needs better.
 */
final class Wasi {
    private static final int BADF = 8;
    private static final int ILSEQ = 25;
    private static final int INVAL = 28;
    private static final int NOTSUP = 58;
    private static final int NOTCAPABLE = 76;
    /** A pipe, a device, a socket: the core tells none of them from another. */
    private static final int UNKNOWN = 0;
    private static final int FOLDER = 3;
    private static final int FILE = 4;
    private static final int LINK = 7;

    private static final int FOLLOW = 1;
    private static final int CREATE = 1;
    private static final int DIRECTORY = 2;
    private static final long WRITE = 1 << 6;
    private static final int SET_MODIFIED = 4;
    private static final int FIRST_PREOPENED = 3;

    private static final FileAttribute<?> PRIVATE =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final List<Path> folders;
    private final Map<Integer, Open> opened = new HashMap<>();
    private final List<HostFunction> functions = new ArrayList<>();
    private final SecureRandom random = new SecureRandom();
    /** What the call is about; null: no file. */
    private Path about;

    /** A file or a folder, and what it was when it was opened. */
    private record Open(Path path, FileChannel channel, Status status) {
        Open at(Path other) {
            return new Open(other, channel, status);
        }
    }

    private record Status(
        long device, long inode, int type, long links, long size, FileTime accessed, FileTime modified, FileTime changed) {}

    @FunctionalInterface
    private interface Body {
        int call(Memory memory, long[] a) throws IOException;
    }

    /** @param folders all that is seen of the file system, under the names they have outside */
    Wasi(List<Path> folders) {
        this.folders = folders;
        define("fd_prestat_get", "ii", (memory, a) -> {
            if (!isPreopened(a[0])) return BADF;
            memory.writeI32((int) a[1], 0);
            memory.writeI32((int) a[1] + 4, preopenedName(a[0]).length);
            return 0;
        });
        define("fd_prestat_dir_name", "iii", (memory, a) -> {
            memory.write((int) a[1], preopenedName(a[0]), 0, (int) a[2]);
            return 0;
        });
        definePaths();
        defineDescriptors();
        defineSystem();
    }

    HostFunction[] functions() {
        return functions.toArray(HostFunction[]::new);
    }

    /** What a file is called inside the module: as outside, with slashes. */
    static String guestName(Path path) {
        return path.toString().replace(path.getFileSystem().getSeparator(), "/");
    }

    private void definePaths() {
        define("path_open", "iiiiijjii", (memory, a) -> {
            Path path = path(memory, a[0], a[2], a[3]);
            memory.writeI32((int) a[8], open(path, (a[1] & FOLLOW) != 0, (int) a[4], (a[5] & WRITE) != 0));
            return 0;
        });
        define("path_filestat_get", "iiiii", (memory, a) -> {
            write(memory, (int) a[4], status(path(memory, a[0], a[2], a[3]), (a[1] & FOLLOW) != 0));
            return 0;
        });
        define("path_filestat_set_times", "iiiijji", (memory, a) -> {
            setTimes(path(memory, a[0], a[2], a[3]), a[5], a[6]);
            return 0;
        });
        define("path_create_directory", "iii", (memory, a) -> {
            Path made = Files.createDirectory(path(memory, a[0], a[1], a[2]));
            Owner.give(made);
            return 0;
        });
        define("path_remove_directory", "iii", (memory, a) -> remove(path(memory, a[0], a[1], a[2]), true));
        define("path_unlink_file", "iii", (memory, a) -> remove(path(memory, a[0], a[1], a[2]), false));
        define("path_rename", "iiiiii", (memory, a) -> {
            Files.move(path(memory, a[0], a[1], a[2]), path(memory, a[3], a[4], a[5]), StandardCopyOption.ATOMIC_MOVE);
            return 0;
        });
        define("path_link", "iiiiiii", (memory, a) -> {
            Path existing = path(memory, a[0], a[2], a[3]);
            Path added = path(memory, a[4], a[5], a[6]);
            Files.createLink(added, existing);
            // A lock file loses its first name, and what is open is dated by its name.
            opened.replaceAll((descriptor, open) -> open.path().equals(existing) ? open.at(added) : open);
            return 0;
        });
        define("path_readlink", "iiiiii", (memory, a) -> {
            // Absolute: the core finds another folder by its name, and no way out of the one that it is in.
            byte[] target = guestName(Folders.targetOf(path(memory, a[0], a[1], a[2]))).getBytes(StandardCharsets.UTF_8);
            int length = Math.min(target.length, (int) a[4]);
            memory.write((int) a[3], target, 0, length);
            memory.writeI32((int) a[5], length);
            return 0;
        });
    }

    private void defineDescriptors() {
        define("fd_close", "i", (memory, a) -> {
            Open closed = descriptor(a[0]);
            opened.remove((int) a[0]);
            closed.channel().close();
            return 0;
        });
        define("fd_pread", "iiiji", (memory, a) -> {
            ByteBuffer bytes = ByteBuffer.allocate(memory.readInt((int) a[1] + 4)); // The core passes one vector.
            int count = Math.max(descriptor(a[0]).channel().read(bytes, a[3]), 0);
            memory.write(memory.readInt((int) a[1]), bytes.array(), 0, count);
            memory.writeI32((int) a[4], count);
            return 0;
        });
        define("fd_write", "iiii", (memory, a) -> {
            byte[] bytes = memory.readBytes(memory.readInt((int) a[1]), memory.readInt((int) a[1] + 4));
            memory.writeI32((int) a[3], descriptor(a[0]).channel().write(ByteBuffer.wrap(bytes)));
            return 0;
        });
        define("fd_sync", "i", (memory, a) -> {
            descriptor(a[0]).channel().force(true);
            return 0;
        });
        define("fd_filestat_get", "ii", (memory, a) -> {
            write(memory, (int) a[1], statusOf(descriptor(a[0])));
            return 0;
        });
        define("fd_filestat_set_times", "ijji", (memory, a) -> {
            Open open = descriptor(a[0]);
            if (isAtPath(open)) setTimes(open.path(), a[2], a[3]); // Nobody looks at the times of what has no name.
            return 0;
        });
    }

    private void defineSystem() {
        define("clock_time_get", "iji", (memory, a) -> {
            Instant now = Instant.now();
            long realtime = TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
            memory.writeLong((int) a[2], a[0] == 0 ? realtime : System.nanoTime());
            return 0;
        });
        define("random_get", "ii", (memory, a) -> {
            byte[] bytes = new byte[(int) a[1]];
            random.nextBytes(bytes);
            memory.write((int) a[0], bytes);
            return 0;
        });
        define("poll_oneoff", "iiii", (memory, a) -> {
            int subscription = (int) a[0];
            boolean isRelativeTime = memory.read(subscription + 8) == 0 && memory.readShort(subscription + 40) == 0;
            if (a[2] != 1 || !isRelativeTime) return NOTSUP;
            sleep(memory.readLong(subscription + 24));
            memory.fill((byte) 0, (int) a[1], (int) a[1] + 32);
            memory.writeLong((int) a[1], memory.readLong(subscription));
            memory.writeI32((int) a[3], 1);
            return 0;
        });
    }

    /** @param parameters a letter each: i for 32 bits, j for 64 */
    private void define(String name, String parameters, Body body) {
        List<ValType> types = parameters.chars().mapToObj(letter -> letter == 'j' ? ValType.I64 : ValType.I32).toList();
        functions.add(new HostFunction("wasi_snapshot_preview1", name, FunctionType.of(types, List.of(ValType.I32)), (instance, a) -> {
            about = null;
            try {
                return new long[] {body.call(instance.memory(), a)};
            } catch (Errno errno) {
                return new long[] {errno.number};
            } catch (IOException error) {
                return new long[] {SystemError.numberOf(error, about)};
            } catch (InvalidPathException error) {
                return new long[] {ILSEQ}; // A name that the locale has no letters for, to which a link leads.
            } catch (UnsupportedOperationException error) {
                return new long[] {NOTSUP};
            }
        }));
    }

    private int open(Path path, boolean follows, int flags, boolean writes) throws IOException {
        if ((flags & CREATE) != 0) return create(path);
        Set<OpenOption> options = new HashSet<>(Set.of(StandardOpenOption.READ));
        if (writes) options.add(StandardOpenOption.WRITE);
        if (!follows) options.add(LinkOption.NOFOLLOW_LINKS);
        while (true) {
            Status before = status(path, follows);
            if ((flags & DIRECTORY) != 0 && before.type() != FOLDER) throw new Errno(NOTDIR);
            Open open = new Open(path, FileChannel.open(path, options), before);
            if (isAtPath(open)) return keep(open);
            open.channel().close(); // Replaced in between, so it is not known which of the two was opened.
        }
    }

    /** Always a new file, and readable by its owner only from the first moment. */
    private int create(Path path) throws IOException {
        Set<OpenOption> options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
        FileChannel channel = FileChannel.open(path, options, PRIVATE);
        Owner.give(path);
        try {
            return keep(new Open(path, channel, status(path, false)));
        } catch (IOException error) {
            channel.close();
            // Taken away already: as if whoever did that had been there before.
            throw error instanceof NoSuchFileException ? new Errno(EXIST) : error;
        }
    }

    private int keep(Open open) {
        int descriptor = FIRST_PREOPENED + folders.size();
        while (opened.containsKey(descriptor)) descriptor++;
        opened.put(descriptor, open);
        return descriptor;
    }

    /** Java has no fstat. What lost its name is not written any more, so it is what it was. */
    private static Status statusOf(Open open) throws IOException {
        try {
            Status now = status(open.path(), true);
            return now.inode() == open.status().inode() ? now : open.status();
        } catch (NoSuchFileException error) {
            return open.status();
        }
    }

    private static boolean isAtPath(Open open) throws IOException {
        try {
            return status(open.path(), true).inode() == open.status().inode();
        } catch (NoSuchFileException error) {
            return false;
        }
    }

    private static Status status(Path path, boolean follows) throws IOException {
        LinkOption[] options = follows ? new LinkOption[0] : new LinkOption[] {LinkOption.NOFOLLOW_LINKS};
        Map<String, Object> found = Files.readAttributes(path, "unix:*", options);
        return new Status(
            ((Number) found.get("dev")).longValue(), ((Number) found.get("ino")).longValue(), typeOf(found),
            ((Number) found.get("nlink")).longValue(), (long) found.get("size"), (FileTime) found.get("lastAccessTime"),
            (FileTime) found.get("lastModifiedTime"), (FileTime) found.get("ctime"));
    }

    private static int typeOf(Map<String, Object> found) {
        if ((boolean) found.get("isRegularFile")) return FILE;
        if ((boolean) found.get("isDirectory")) return FOLDER;
        return (boolean) found.get("isSymbolicLink") ? LINK : UNKNOWN;
    }

    private static void write(Memory memory, int at, Status status) {
        long[] words = {
            status.device(), status.inode(), status.type(), status.links(), status.size(), status.accessed().to(TimeUnit.NANOSECONDS),
            status.modified().to(TimeUnit.NANOSECONDS), status.changed().to(TimeUnit.NANOSECONDS),
        };
        for (int index = 0; index < words.length; index++) memory.writeLong(at + 8 * index, words[index]);
    }

    /** The core sets both times to the same moment. */
    private static void setTimes(Path path, long modified, long flags) throws IOException {
        if ((flags & SET_MODIFIED) == 0) throw new Errno(INVAL);
        FileTime time = FileTime.from(modified, TimeUnit.NANOSECONDS);
        Files.getFileAttributeView(path, BasicFileAttributeView.class).setTimes(time, time, null);
    }

    private static int remove(Path path, boolean isFolder) throws IOException {
        if ((status(path, false).type() == FOLDER) != isFolder) return isFolder ? NOTDIR : ISDIR;
        Files.delete(path);
        return 0;
    }

    private boolean isPreopened(long descriptor) {
        return descriptor >= FIRST_PREOPENED && descriptor < FIRST_PREOPENED + folders.size();
    }

    private byte[] preopenedName(long descriptor) {
        return guestName(folders.get((int) descriptor - FIRST_PREOPENED)).getBytes(StandardCharsets.UTF_8);
    }

    private Path path(Memory memory, long descriptor, long pointer, long length) throws Errno {
        if (!isPreopened(descriptor)) throw new Errno(BADF);
        Path folder = folders.get((int) descriptor - FIRST_PREOPENED);
        Path path = folder.resolve(memory.readString((int) pointer, (int) length)).normalize();
        if (!path.startsWith(folder)) throw new Errno(NOTCAPABLE);
        about = path;
        return path;
    }

    private Open descriptor(long descriptor) throws Errno {
        Open open = opened.get((int) descriptor);
        if (open == null) throw new Errno(BADF);
        about = open.path();
        return open;
    }

    private static void sleep(long nanoseconds) throws InterruptedIOException {
        try {
            TimeUnit.NANOSECONDS.sleep(nanoseconds);
        } catch (InterruptedException interruption) {
            throw new InterruptedIOException(); // Nobody interrupts the thread of a Core.
        }
    }

    private static final class Errno extends IOException {
        private static final long serialVersionUID = 1;
        private final int number;

        private Errno(int number) {
            super("errno " + number);
            this.number = number;
        }
    }
}
