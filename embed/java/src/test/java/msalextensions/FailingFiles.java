package msalextensions;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Says a line for each way in which the system refuses a cache its file: what, and the code of the error. Started where few files may be open,
 * with a folder that has {@code full}, with room for less than 100 KB, and {@code read-only}.
 */
public final class FailingFiles {
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        System.out.println("text " + textOfTooLongName(folder));
        say("name", () -> commit(folder.resolve("x".repeat(300)), "a"));
        say("room", () -> commit(folder.resolve("full/cache.json"), "x".repeat(100_000)));
        say("file", () -> commit(folder.resolve("read-only/cache.json"), "a"));
        say("folder", () -> commit(folder.resolve("read-only/new/cache.json"), "a"));
        say("no folder", () -> commit(Files.createFile(folder.resolve("no folder")).resolve("new/cache.json"), "a"));
        var cache = PersistedTokenCache.builder(folder.resolve("cache.json")).build();
        cache.commit(null, Documents.with("a"));
        List<FileChannel> open = openAll(folder);
        say("files", () -> cache.commit(null, Documents.with("b")));
        for (FileChannel file : open) file.close();
        say("nothing", () -> cache.commit(null, Documents.with("b")));
    }

    @FunctionalInterface
    private interface Action {
        void run() throws IOException;
    }

    private static void say(String what, Action action) throws IOException {
        String outcome = "none";
        try {
            action.run();
        } catch (TokenCacheException error) {
            outcome = error.code().id();
        }
        System.out.println(what + ": " + outcome);
    }

    private static void commit(Path path, String key) {
        PersistedTokenCache.builder(path).build().commit(null, Documents.with(key));
    }

    private static String textOfTooLongName(Path folder) {
        try {
            Files.createFile(folder.resolve("x".repeat(300)));
            return "";
        } catch (IOException error) {
            return error.getMessage();
        }
    }

    private static List<FileChannel> openAll(Path folder) {
        List<FileChannel> open = new ArrayList<>();
        try {
            while (true) open.add(FileChannel.open(folder));
        } catch (IOException noMore) {
            return open;
        }
    }
}
