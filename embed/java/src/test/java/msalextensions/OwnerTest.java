package msalextensions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Only root can give a folder away. */
class OwnerTest {
    private static final Map<String, Object> ROOT = Map.of("uid", 0, "gid", 0);
    private static final Map<String, Object> USER = Map.of("uid", 12345, "gid", 12346);

    @TempDir
    Path theirs;

    @BeforeEach
    void giveFolderAway() throws Exception {
        assumeTrue(ownerOf(theirs).equals(ROOT), "needs the user root");
        for (var owner : USER.entrySet()) Files.setAttribute(theirs, "unix:" + owner.getKey(), owner.getValue());
    }

    private static Map<String, Object> ownerOf(Path path) throws Exception {
        return Files.readAttributes(path, "unix:uid,gid", LinkOption.NOFOLLOW_LINKS);
    }

    @Test
    void whatRootMakesIsGivenToTheOwnerOfTheFolder() throws Exception {
        Path folder = theirs.resolve("new/folder");
        Path path = folder.resolve("cache.json");
        PersistedTokenCache.builder(path).build().update(stored -> {
            Path lock = folder.resolve("cache.json.lockfile");
            for (Path made : List.of(folder.getParent(), folder, lock, folder.resolve("cache.json.lockfile.lock"))) {
                assertEquals(USER, ownerOf(made), made.toString());
            }
            return Documents.with("a");
        });
        assertEquals(USER, ownerOf(path));
    }

    @Test
    void onlyWhatIsNewInTheFolderIsGivenAway(@TempDir Path elsewhere) throws Exception {
        Path foreign = Files.createFile(elsewhere.resolve("foreign"));
        Files.createSymbolicLink(theirs.resolve("symbolic"), foreign);
        Files.createSymbolicLink(theirs.resolve("folder"), elsewhere);
        Files.createLink(theirs.resolve("hard"), foreign);
        for (String name : List.of("symbolic", "folder", "folder/foreign", "hard", "missing")) Owner.give(theirs.resolve(name));
        assertEquals(ROOT, ownerOf(foreign));
        assertEquals(ROOT, ownerOf(elsewhere));
    }
}
