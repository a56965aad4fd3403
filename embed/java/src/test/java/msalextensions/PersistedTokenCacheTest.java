package msalextensions;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class PersistedTokenCacheTest {
    @TempDir
    Path folder;

    private Path path;

    @BeforeEach
    void choosePath() {
        path = folder.resolve("cache.json");
    }

    private PersistedTokenCache open() {
        return open(Duration.ofSeconds(10));
    }

    private PersistedTokenCache open(Duration lockTimeout) {
        return PersistedTokenCache.builder(path).lockTimeout(lockTimeout).build();
    }

    private static TokenCacheException expectCode(Code code, Executable action) {
        var error = assertThrows(TokenCacheException.class, action);
        assertEquals(code, error.code(), error.getMessage());
        return error;
    }

    @Test
    void nothingIsStoredAtFirst() {
        var cache = PersistedTokenCache.builder(folder.resolve("new/cache.json")).build();
        assertEquals(Optional.empty(), cache.load());
        assertEquals(Optional.empty(), cache.inspect());
        cache.clear();
        assertFalse(Files.exists(folder.resolve("new/cache.json")));
    }

    @Test
    void onlyTheOwnerCanRead() throws Exception {
        Path file = folder.resolve("new/cache.json");
        PersistedTokenCache.builder(file).build().commit(null, Documents.with("a"));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())));
    }

    @Test
    void commitMergesThreeWays() {
        var ours = open();
        var others = open();
        byte[] base = ours.commit(null, Documents.with("a", "b")).content();
        others.commit(base, Documents.with("a", "b", "theirs"));
        Merged merged = ours.commit(base, Documents.with("b", "ours"));
        assertEquals(List.of("b", "ours", "theirs"), Documents.keys(merged.content()));
        assertEquals(1, merged.added());
        assertEquals(1, merged.removed());
        assertEquals(List.of("b", "ours", "theirs"), Documents.keys(others.load().orElseThrow()));
        // The second time nothing has changed, and the same is there.
        assertEquals(List.of("b", "ours", "theirs"), Documents.keys(others.load().orElseThrow()));
        assertTrue(ours.commit(merged.content(), merged.content()).unchanged());
        assertTrue(ours.inspect().orElseThrow().contains("\"AccessToken\":3"));
    }

    @Test
    void updateAndClear() {
        var cache = open();
        cache.update(stored -> {
            assertEquals(null, stored);
            return Documents.with("a");
        });
        Merged merged = cache.update(stored -> {
            assertEquals(List.of("a"), Documents.keys(stored));
            return Documents.with("b");
        });
        assertEquals(List.of("b"), Documents.keys(merged.content()));
        cache.clear();
        assertEquals(Optional.empty(), cache.load());
    }

    @Test
    void aFailedUpdateChangesNothingAndGivesTheLockBack() {
        var cache = open();
        cache.commit(null, Documents.with("a"));
        var reason = new Exception("no");
        var failed = expectCode(Code.CALLBACK_FAILED, () -> cache.update(stored -> {
            throw reason;
        }));
        assertSame(reason, failed.getCause());
        var fault = new AssertionError("worse");
        assertSame(fault, assertThrows(AssertionError.class, () -> cache.update(stored -> {
            throw fault;
        })));
        Merged merged = open(Duration.ZERO).commit(null, Documents.with("b"));
        assertEquals(List.of("a", "b"), Documents.keys(merged.content()));
    }

    @Test
    void anInterruptionOfTheFunctionOfAnUpdateIsKept() {
        var error = expectCode(Code.CALLBACK_FAILED, () -> open().update(stored -> {
            Thread.currentThread().interrupt();
            new CountDownLatch(1).await();
            return stored;
        }));
        assertTrue(Thread.interrupted());
        assertInstanceOf(InterruptedException.class, error.getCause());
    }

    @Test
    void whatIsMissingIsRefusedBeforeItIsUsed() {
        expectCode(Code.INVALID_LOCATION, () -> PersistedTokenCache.builder(null));
        expectCode(Code.BAD_ARGUMENT, () -> PersistedTokenCache.builder(path).lockTimeout(null));
        expectCode(Code.BAD_ARGUMENT, () -> open().update(null));
    }

    @Test
    void aLocationMayBeBelowTheHomeFolder() {
        Path home = Path.of(System.getenv("HOME"));
        assertEquals(home.resolve("a/cache.json"), Folders.atHome(Path.of("~/a/cache.json")));
        assertEquals(Path.of("~cache.json"), Folders.atHome(Path.of("~cache.json")));
        var error = expectCode(Code.NOT_A_FILE, () -> PersistedTokenCache.builder(Path.of("~")).build().load());
        assertTrue(error.getMessage().contains("(" + home.normalize() + ")"), error.getMessage());
    }

    /** Java cannot make such a name, but finds it. */
    @Test
    void aNameThatIsNoTextIsRefused() throws Exception {
        var named = new ProcessBuilder("sh", "-c", "touch \"$0/$(printf '\\377')\"", folder.toString()).start();
        assumeTrue(named.waitFor() == 0); // not on every file system
        try (var found = Files.list(folder)) {
            Path odd = found.findFirst().orElseThrow();
            expectCode(Code.INVALID_LOCATION, () -> PersistedTokenCache.builder(odd).build());
            assertTrue(PersistedTokenCache.builder(odd.resolveSibling("cache.json")).build().load().isEmpty());
        }
    }

    @Test
    void theFunctionOfAnUpdateCannotUseTheCache() {
        var cache = open();
        expectCode(Code.BAD_STATE, () -> {
            try {
                cache.update(stored -> cache.load().orElseThrow());
            } catch (TokenCacheException error) {
                throw error.getCause();
            }
        });
        cache.commit(null, Documents.with("a"));
    }

    @Test
    void nothingIsLostAmongManyThreadsAndCaches() throws Exception {
        var caches = List.of(open(), open(), open());
        List<FutureTask<Merged>> tasks = IntStream.range(0, 24)
            .mapToObj(i -> new FutureTask<>(() -> caches.get(i % 3).commit(null, Documents.with("token-" + (10 + i)))))
            .toList();
        for (var task : tasks) new Thread(task).start();
        for (var task : tasks) task.get();
        List<String> expected = IntStream.range(0, 24).mapToObj(i -> "token-" + (10 + i)).toList();
        assertEquals(expected, Documents.keys(Files.readAllBytes(path)));
    }

    @Test
    void aHeldLockTimesOutAndSaysWhoHasIt() {
        open().commit(null, Documents.with("a"));
        var waiting = open(Duration.ofMillis(300));
        open().update(stored -> {
            var error = expectCode(Code.LOCK_TIMEOUT, () -> waiting.commit(null, Documents.with("b")));
            String holder = " (" + path + ".lockfile) It is held by process " + ProcessHandle.current().pid() + " (java), and its file is ";
            assertTrue(error.getMessage().contains(holder), error.getMessage());
            assertTrue(error.getMessage().endsWith("the file need not be deleted."), error.getMessage());
            assertEquals(List.of(ProcessHandle.current().pid(), "java"), List.of(error.holder().pid(), error.holder().program()));
            assertTrue(error.holder().age().compareTo(Duration.ofMinutes(1)) < 0);
            assertEquals(error.holder(), afterItsWayToAnotherProcess(error).holder());
            assertEquals(path + ".lockfile", error.path());
            // Reading takes no lock.
            assertEquals(List.of("a"), Documents.keys(waiting.load().orElseThrow()));
            return stored;
        });
        assertEquals(List.of("a", "b"), Documents.keys(waiting.commit(null, Documents.with("b")).content()));
    }

    private static TokenCacheException afterItsWayToAnotherProcess(TokenCacheException error) throws Exception {
        var bytes = new ByteArrayOutputStream();
        new ObjectOutputStream(bytes).writeObject(error);
        return (TokenCacheException) new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();
    }

    @Test
    void theFamilysLockFilesAreReadAndOnesThatNameNoProcessAreSaidToNameNone() throws Exception {
        long pid = ProcessHandle.current().pid();
        var expected = Map.of(
            "{" + pid + "} {python3}", "by process " + pid + " (python3), ", "{" + pid + "}", "by process " + pid + ", ",
            "nobody", "by a holder that names no process, ");
        for (var written : expected.entrySet()) {
            Files.writeString(folder.resolve("cache.json.lockfile"), written.getKey());
            var error = expectCode(Code.LOCK_TIMEOUT, () -> open(Duration.ZERO).commit(null, Documents.with("a")));
            assertTrue(error.getMessage().contains(written.getValue()), error.getMessage());
        }
    }

    @Test
    void whatIsWrongWithTheLockFileNamesIt() throws Exception {
        Files.createDirectory(folder.resolve("cache.json.lockfile"));
        var error = expectCode(Code.NOT_A_FILE, () -> open().commit(null, Documents.with("a")));
        assertTrue(error.getMessage().endsWith(" (" + path + ".lockfile)"), error.getMessage());
        assertEquals(path + ".lockfile", error.path());
    }

    @Test
    void aTrapSaysWhichCacheItIsAbout() {
        var core = new Core(1 << 20, List.of(folder));
        assertEquals(Code.OK.status, core.open(path, 0, 0, 1, "java"));
        var error = expectCode(Code.CORE_TRAP, () -> core.run("no such export", null));
        assertTrue(error.getMessage().endsWith(" (" + path + ")"), error.getMessage());
        assertEquals(path.toString(), error.path());
        assertFalse(core.isUsable());
    }

    @Test
    void anInterruptionEndsTheWaitAndNothingElse() throws Exception {
        var waiting = open(Duration.ofHours(1));
        var started = new CountDownLatch(1);
        var task = new FutureTask<>(() -> {
            started.countDown();
            var error = expectCode(Code.LOCK_TIMEOUT, () -> waiting.commit(null, Documents.with("b")));
            assertTrue(Thread.currentThread().isInterrupted());
            return error;
        });
        var thread = new Thread(task);
        open().update(stored -> {
            thread.start();
            started.await();
            thread.interrupt();
            task.get();
            return Documents.with("a");
        });
        // With the lock to be had, an interrupted thread finishes its work.
        Thread.currentThread().interrupt();
        waiting.update(stored -> Documents.with("c"));
        assertTrue(Thread.interrupted());
        assertEquals(List.of("c"), Documents.keys(waiting.load().orElseThrow()));
    }

    @Test
    @Timeout(60)
    void aLongUpdateKeepsItsLeaseAndItsLockFileYoung() {
        List<Path> renewed = List.of(folder.resolve("cache.json.lockfile.lock"), folder.resolve("cache.json.lockfile"));
        open().update(stored -> {
            for (Path file : renewed) {
                var taken = Files.getLastModifiedTime(file);
                while (Files.getLastModifiedTime(file).equals(taken)) Thread.sleep(20);
            }
            return Documents.with("a");
        });
    }

    @Test
    void aTornFileIsSalvagedAndKept() throws Exception {
        String whole = new String(Documents.with("a", "b"), StandardCharsets.UTF_8);
        String torn = whole.substring(0, whole.indexOf("\"b\""));
        Files.writeString(path, torn);
        Merged merged = open().commit(null, Documents.with("c"));
        assertEquals(List.of("a", "c"), Documents.keys(merged.content()));
        assertTrue(merged.salvaged() && merged.setAside());
        try (var kept = Files.newDirectoryStream(folder, "cache.json.damaged-*")) {
            assertEquals(torn, Files.readString(kept.iterator().next()));
        }
    }

    @Test
    void whatIsRefusedSaysWhere() {
        var cache = PersistedTokenCache.builder(path).maxBytes(1000).build();
        var wrong = expectCode(Code.JSON_UNEXPECTED_BYTE, () -> cache.commit(null, "{\"AccessToken\":!}".getBytes()));
        assertEquals("ours", wrong.document());
        assertEquals(15, wrong.offset());
        assertEquals(path.toString(), wrong.path());
        expectCode(Code.DOCUMENT_TOO_LARGE, () -> cache.commit(null, new byte[1001]));
        expectCode(Code.DOCUMENT_TOO_LARGE, () -> cache.update(stored -> new byte[1001]));
        expectCode(Code.NOT_A_FILE, () -> PersistedTokenCache.builder(Path.of("/dev/null/cache.json")).build());
        expectCode(Code.NOT_A_FILE, () -> PersistedTokenCache.builder(Path.of("/dev/null/new/cache.json")).build());
        expectCode(Code.NOT_A_FILE, () -> PersistedTokenCache.builder(folder).build().load());
    }

    /** To open a pipe would wait for ever, and a device would be replaced. */
    @Test
    @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aPipeIsNoFile() throws Exception {
        assumeTrue(canRun(List.of("mkfifo", path.toString())), "no pipe can be made here");
        expectCode(Code.NOT_A_FILE, () -> open().load());
        expectCode(Code.NOT_A_FILE, () -> open().commit(null, Documents.with("a")));
        expectCode(Code.NOT_A_FILE, () -> open().clear());
        assertTrue(Files.exists(path));
        Path locked = folder.resolve("locked.json");
        assertTrue(canRun(List.of("mkfifo", locked + ".lockfile")));
        expectCode(Code.NOT_A_FILE, () -> PersistedTokenCache.builder(locked).build().commit(null, Documents.with("a")));
    }

    @Test
    void aLinkIsFollowedAndStaysOne(@TempDir Path elsewhere) throws Exception {
        Path target = elsewhere.resolve("target.json");
        PersistedTokenCache.builder(target).build().commit(null, Documents.with("a"));
        Files.createSymbolicLink(path, target);
        open().commit(null, Documents.with("b"));
        assertTrue(Files.isSymbolicLink(path));
        assertEquals(List.of("a", "b"), Documents.keys(Files.readAllBytes(target)));
        assertArrayEquals(Files.readAllBytes(target), open().load().orElseThrow());
    }

    @Test
    void aCallerMayEraseWhatItWasGiven() throws Exception {
        var cache = open();
        byte[] kept = cache.commit(null, Documents.with("a")).content().clone();
        // What has been written long ago is not read again.
        Files.setLastModifiedTime(path, FileTime.from(Instant.now().minusSeconds(100)));
        Arrays.fill(cache.commit(kept, kept).content(), (byte) 0);
        assertArrayEquals(kept, cache.load().orElseThrow());
    }

    private static Set<Thread> workers() {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().equals("msal-extensions")).collect(toSet());
    }

    /** Its thread is idle for longer than idle threads are kept. Where none can be started anew, nobody would give the lock back. */
    @Test
    void aLongUpdateKeepsItsThread() {
        Set<Thread> ofOthers = workers();
        open().update(stored -> {
            Set<Thread> own = workers();
            own.removeAll(ofOthers);
            assertEquals(1, own.size());
            own.iterator().next().join(3000);
            assertTrue(own.iterator().next().isAlive());
            return Documents.with("a");
        });
    }

    @Test
    void aLocationLeadsOutOfWhatALinkLeadsTo() throws Exception {
        Files.createDirectories(folder.resolve("releases/42"));
        Files.createSymbolicLink(folder.resolve("current"), Path.of("releases/42"));
        path = folder.resolve("current/../shared/cache.json");
        open().commit(null, Documents.with("a"));
        assertEquals(List.of("a"), Documents.keys(Files.readAllBytes(folder.resolve("releases/shared/cache.json"))));
    }

    /** Or an application that is unloaded could not be forgotten. */
    @Test
    @Timeout(30)
    void noThreadOutlivesItsWorkForLong() throws Exception {
        open().update(stored -> Documents.with("a"));
        assertTrue(ours().anyMatch(thread -> thread.getName().equals("msal-extensions renewal")));
        while (ours().findAny().isPresent()) Thread.sleep(50);
    }

    private static Stream<Thread> ours() {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().startsWith("msal-extensions"));
    }

    @Test
    void aFolderThatWasRemovedIsMadeAgain() throws Exception {
        Path file = folder.resolve("new/cache.json");
        var cache = PersistedTokenCache.builder(file).build();
        cache.commit(null, Documents.with("a"));
        Files.delete(file);
        Files.delete(file.getParent());
        assertEquals(Optional.empty(), cache.load());
        assertFalse(Files.exists(file.getParent()));
        cache.commit(null, Documents.with("b"));
        assertEquals(List.of("b"), Documents.keys(Files.readAllBytes(file)));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())));
    }

    @Test
    void aLinkMayLeadToWhatIsNotThereYetAndChange(@TempDir Path elsewhere) throws Exception {
        var cache = open();
        cache.load();
        Path absolute = elsewhere.resolve("new/target.json");
        Path relative = folder.relativize(elsewhere.resolve("other.json"));
        for (Path target : List.of(absolute, relative)) {
            Files.deleteIfExists(path);
            Files.createSymbolicLink(path, target);
            cache.commit(null, Documents.with("a"));
            open().commit(null, Documents.with("b"));
            assertEquals(List.of("a", "b"), Documents.keys(cache.load().orElseThrow()));
            assertTrue(Files.isSymbolicLink(path));
            assertEquals(List.of("a", "b"), Documents.keys(Files.readAllBytes(folder.resolve(target))));
        }
        // Where the folder is a link too, ".." is what the system makes of it.
        Path linked = Files.createDirectory(folder.resolve("below")).resolve("folder");
        Files.createSymbolicLink(linked, folder);
        PersistedTokenCache.builder(linked.resolve("cache.json")).build().commit(null, Documents.with("c"));
        assertEquals(List.of("a", "b", "c"), Documents.keys(cache.load().orElseThrow()));
        Files.delete(path);
        Files.createSymbolicLink(path, path);
        expectCode(Code.INVALID_LOCATION, () -> cache.commit(null, Documents.with("a")));
    }

    @Test
    void noTimeoutIsTooLong() {
        assertEquals(List.of("a"), Documents.keys(open(Duration.ofSeconds(Long.MAX_VALUE)).commit(null, Documents.with("a")).content()));
    }

    @Test
    void aLimitIsNotNegativeAndOneThatIsTooLargeIsTheLargest() {
        expectCode(Code.BAD_ARGUMENT, () -> open(Duration.ofMillis(-1)));
        expectCode(Code.BAD_ARGUMENT, () -> PersistedTokenCache.builder(path).maxBytes(-1));
        var cache = PersistedTokenCache.builder(path).maxBytes((1L << 32) + 1).build();
        assertEquals(List.of("a"), Documents.keys(cache.commit(null, Documents.with("a")).content()));
    }

    @Test
    void nothingIsNoDocumentToCommit() {
        var cache = open();
        byte[] stored = cache.commit(null, Documents.with("a")).content();
        expectCode(Code.BAD_ARGUMENT, () -> cache.commit(stored, null));
        assertArrayEquals(stored, cache.load().orElseThrow());
    }

    private static boolean canRun(List<String> command) throws InterruptedException {
        try {
            return new ProcessBuilder(command).start().waitFor() == 0;
        } catch (IOException notInstalled) {
            return false;
        }
    }

    /** In a process of its own, for which the folder is mounted anew. */
    @Test
    void aFileSystemThatIsReadOnlyIsATypedError() throws Exception {
        List<String> isolated = List.of("unshare", "--user", "--map-root-user", "--mount");
        assumeTrue(canRun(Stream.concat(isolated.stream(), Stream.of("true")).toList()), "nothing can be mounted here");
        String mounted = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && exec \"$@\"";
        for (String file : List.of("cache.json", "new/cache.json")) {
            List<String> program = List.of(
                "sh", "-c", mounted, folder.toString(), System.getProperty("java.home") + "/bin/java", "-cp",
                System.getProperty("java.class.path"), "msalextensions.Contention", folder.resolve(file).toString(), "token", "1");
            Process process = new ProcessBuilder(Stream.concat(isolated.stream(), program.stream()).toList()).redirectErrorStream(true).start();
            String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(printed.contains("read_only"), printed);
        }
    }
}
