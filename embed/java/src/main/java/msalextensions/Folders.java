package msalextensions;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;

/** The folders in which a cache and its lock lie. */
final class Folders {
    /** As many as Linux follows. */
    private static final int LINKS_MAX = 40;

    private Folders() {}

    /** The folder of the cache, where its lock is. Where the cache is a link, also that of what it leads to, which need not exist yet. */
    static List<Path> of(Path cache) {
        List<Path> folders = new ArrayList<>();
        Path at = cache;
        for (int links = 0; links <= LINKS_MAX && at.getParent() != null; links++) {
            if (!folders.contains(at.getParent())) folders.add(at.getParent());
            if (!Files.isSymbolicLink(at)) break;
            try {
                at = targetOf(at);
            } catch (IOException error) {
                break; // Gone since; the core looks for itself.
            }
        }
        return folders;
    }

    /** Absolute. Where the folder is a link itself, {@code ..} leads out of what that leads to. */
    static Path targetOf(Path link) throws IOException {
        return link.getParent().toRealPath().resolve(Files.readSymbolicLink(link)).normalize();
    }

    /** With {@code ~} expanded, as JavaScript and Python do, which may be given the same one. So HOME comes before what Java takes for it. */
    static Path atHome(Path path) {
        if (!path.startsWith("~")) return path;
        String home = Objects.requireNonNullElseGet(System.getenv("HOME"), () -> System.getProperty("user.home"));
        if (home.isEmpty() || home.equals("?")) throw new TokenCacheException(Code.INVALID_LOCATION, path, " There is no home folder: set HOME.", null);
        Path at = path.getFileSystem().getPath(home);
        return path.getNameCount() == 1 ? at : at.resolve(path.subpath(1, path.getNameCount()));
    }

    /**
     * A path that may be normalized: where a folder is a link, {@code ..} leads out of what that leads to. As the system has it, and other languages,
     * who may mean the same file.
     */
    static Path throughLinks(Path absolute) {
        int below = absolute.getNameCount();
        while (below > 0 && !absolute.getName(below - 1).toString().equals("..")) below--;
        if (below == 0) return absolute;
        try {
            Path above = absolute.getRoot().resolve(absolute.subpath(0, below)).toRealPath();
            return below == absolute.getNameCount() ? above : above.resolve(absolute.subpath(below, absolute.getNameCount()));
        } catch (IOException notThere) {
            return absolute;
        }
    }

    /** Where it is missing. For its owner only. */
    static void make(Path folder) {
        if (Files.isDirectory(folder)) return;
        Deque<Path> missing = new ArrayDeque<>();
        for (Path at = folder; at != null && !Files.exists(at); at = at.getParent()) missing.push(at);
        try {
            Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            missing.forEach(Owner::give);
        } catch (UnsupportedOperationException error) {
            throw new TokenCacheException(Code.NOT_SUPPORTED, folder, "", error); // Windows has no such modes
        } catch (IOException error) {
            throw new TokenCacheException(codeOf(error, folder), folder, "", error);
        }
    }

    static Code codeOf(IOException error, Path folder) {
        return switch (SystemError.numberOf(error, folder)) {
            case SystemError.ACCES, SystemError.PERM -> Code.PERMISSION_DENIED;
            case SystemError.ROFS -> Code.READ_ONLY;
            case SystemError.NOSPC, SystemError.DQUOT -> Code.DISK_FULL;
            case SystemError.MFILE -> Code.TOO_MANY_OPEN_FILES;
            case SystemError.NOTDIR, SystemError.EXIST -> Code.NOT_A_FILE;
            case SystemError.IO -> Code.IO_ERROR;
            default -> Code.INVALID_LOCATION;
        };
    }
}
