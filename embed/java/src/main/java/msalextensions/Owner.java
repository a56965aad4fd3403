package msalextensions;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.UserPrincipal;
import java.util.Map;

/** What root makes in a user's folder is given to that user, who could open neither the cache nor a lock file any more after one run as root. */
final class Owner {
    private static final Integer ROOT = 0;

    private Owner() {}

    /** Where that cannot be done, what was made is as good as before. */
    static void give(Path made) {
        try {
            if (!isNewOfRoot(made)) return;
            try (var folder = Files.newDirectoryStream(made.getParent())) {
                if (folder instanceof SecureDirectoryStream<Path> secure) give(secure, made.getFileName());
            }
        } catch (IOException | UnsupportedOperationException error) {
            // Root's, then.
        }
    }

    /** A file that has a second name may be any file of the system. */
    private static boolean isNewOfRoot(Path made) throws IOException {
        Map<String, Object> found = Files.readAttributes(made, "unix:uid,nlink,isDirectory", LinkOption.NOFOLLOW_LINKS);
        return ROOT.equals(found.get("uid")) && ((boolean) found.get("isDirectory") || ((Number) found.get("nlink")).longValue() == 1);
    }

    /**
     * The user may meanwhile put links in the place of everything there, and of the folder itself: so both are opened, which follows no link, and
     * it is what is open that is looked at.
     */
    private static void give(SecureDirectoryStream<Path> folder, Path name) throws IOException {
        UserPrincipal root = name.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(ROOT.toString());
        PosixFileAttributes owner = folder.getFileAttributeView(PosixFileAttributeView.class).readAttributes();
        var made = folder.getFileAttributeView(name, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        if (owner.owner().equals(root) || !made.readAttributes().owner().equals(root)) return;
        made.setGroup(owner.group());
        made.setOwner(owner.owner());
    }
}
