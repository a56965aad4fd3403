package msalextensions;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;

/**
 * What the system refused a call for, as a number of preview 1. Java has classes for three reasons. For the others it has the system's text,
 * which is in the language of the user; where that is not English, the state of things tells what they most likely were.
 */
final class SystemError {
    static final int ACCES = 2;
    static final int DQUOT = 19;
    static final int EXIST = 20;
    static final int IO = 29;
    static final int ISDIR = 31;
    static final int LOOP = 32;
    static final int MFILE = 33;
    static final int NAMETOOLONG = 37;
    static final int NOENT = 44;
    static final int NOSPC = 51;
    static final int NOTDIR = 54;
    static final int PERM = 63;
    static final int ROFS = 69;

    private static final Map<String, Integer> TEXTS = Map.ofEntries(
        Map.entry("Permission denied", ACCES), Map.entry("Operation not permitted", PERM), Map.entry("No space left on device", NOSPC),
        Map.entry("Disk quota exceeded", DQUOT), Map.entry("Read-only file system", ROFS), Map.entry("Too many open files", MFILE),
        Map.entry("Not a directory", NOTDIR), Map.entry("Is a directory", ISDIR), Map.entry("File name too long", NAMETOOLONG),
        Map.entry("Too many levels of symbolic links", LOOP), Map.entry("No such file or directory", NOENT),
        Map.entry("Input/output error", IO));

    /** Bytes, of nearly every file system. */
    private static final int NAME_MAX = 255;
    private static final int PATH_MAX = 4095;

    private SystemError() {}

    /** @param at what the call was about; null: not known */
    static int numberOf(IOException error, Path at) {
        if (error instanceof NoSuchFileException) return NOENT;
        if (error instanceof FileAlreadyExistsException) return EXIST;
        if (error instanceof AccessDeniedException) return ACCES;
        String text = String.valueOf(error.getMessage());
        return TEXTS.entrySet().stream()
            .filter(known -> text.endsWith(known.getKey()))
            .map(Map.Entry::getValue).findFirst().orElseGet(() -> at == null ? IO : numberByState(at));
    }

    private static int numberByState(Path at) {
        if (lengthOf(at.getFileName()) > NAME_MAX || lengthOf(at) > PATH_MAX) return NAMETOOLONG;
        if (!canOpen()) return MFILE;
        Path folder = Files.isDirectory(at) ? at : at.getParent();
        while (!Files.exists(folder)) folder = folder.getParent();
        if (!Files.isDirectory(folder)) return NOTDIR;
        // Who lacks the right to write has met an AccessDeniedException. FileStore.isReadOnly knows nothing of bind mounts (JDK 17).
        if (!Files.isWritable(folder)) return ROFS;
        return isFull(folder) ? NOSPC : IO;
    }

    private static int lengthOf(Path path) {
        return path == null ? 0 : path.toString().getBytes(StandardCharsets.UTF_8).length;
    }

    private static boolean canOpen() {
        try (FileChannel root = FileChannel.open(Path.of("/"))) {
            return true;
        } catch (IOException noMoreOpenFiles) {
            return false;
        }
    }

    private static boolean isFull(Path folder) {
        try {
            FileStore store = Files.getFileStore(folder);
            return store.getUsableSpace() < store.getBlockSize();
        } catch (IOException | UnsupportedOperationException unknown) {
            return false;
        }
    }
}
