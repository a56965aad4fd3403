package msalextensions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SystemErrorTest {
    private static final List<String> ISOLATED = List.of("unshare", "--user", "--map-root-user", "--mount");
    private static final String MOUNTED = """
        mount -t tmpfs -o size=64k none "$0/full" && mount --bind "$0/read-only" "$0/read-only" &&
        mount -o remount,bind,ro "$0/read-only" && ulimit -n 200 && exec "$@\"""";

    @TempDir
    Path folder;

    @Test
    void whatHasNoClassIsToldByItsTextOrByTheStateOfThings() throws Exception {
        Path file = folder.resolve("cache.json");
        assertEquals(SystemError.NOSPC, SystemError.numberOf(new IOException("No space left on device"), file));
        assertEquals(SystemError.IO, SystemError.numberOf(new IOException("Eingabe-/Ausgabefehler"), file));
        assertEquals(SystemError.IO, SystemError.numberOf(new IOException(), null));
        assertEquals(SystemError.ACCES, SystemError.numberOf(new AccessDeniedException("any"), file));
        var unknown = new FileSystemException("any", null, "unbekannt");
        assertEquals(SystemError.NAMETOOLONG, SystemError.numberOf(unknown, folder.resolve("ä".repeat(128))));
        assertEquals(SystemError.IO, SystemError.numberOf(unknown, folder.resolve("ä".repeat(127))));
        assertEquals(SystemError.NOTDIR, SystemError.numberOf(unknown, Files.createFile(file).resolve("new/cache.json")));
        assertEquals(SystemError.IO, SystemError.numberOf(unknown, Path.of("/")));
    }

    @Test
    void aFolderThatCannotBeMadeHasTheCodeOfAFileThatCannot() {
        assertEquals(Code.IO_ERROR, Folders.codeOf(new IOException("Input/output error"), folder));
        assertEquals(Code.TOO_MANY_OPEN_FILES, Folders.codeOf(new IOException("Too many open files"), folder));
        assertEquals(Code.INVALID_LOCATION, Folders.codeOf(new IOException("File name too long"), folder));
    }

    @Test
    void inEnglish() throws Exception {
        expectCodes("File name too long", Map.of("LC_ALL", "C"));
    }

    @Test
    void inALanguageThatIsNotEnglish(@TempDir Path locales) throws Exception {
        List<String> make = List.of("localedef", "-i", "de_DE", "-f", "UTF-8", locales.resolve("de_DE.UTF-8").toString());
        assumeTrue(succeeds(make), "no locale can be made here");
        assumeTrue(Files.exists(Path.of("/usr/share/locale/de/LC_MESSAGES/libc.mo")), "the system has no messages in German");
        expectCodes("Der Dateiname ist zu lang", Map.of("LOCPATH", locales.toString(), "LC_ALL", "de_DE.UTF-8", "LANGUAGE", "de"));
    }

    @Test
    void aLinkToANameThatTheLocaleHasNoLettersForIsNoLocation() throws Exception {
        Path link = folder.resolve("cache.json");
        assumeTrue("UTF-8".equals(System.getProperty("sun.jnu.encoding")), "no such link can be made here");
        Files.createSymbolicLink(link, Path.of("ä.json"));
        List<String> command = List.of(
            System.getProperty("java.home") + "/bin/java", "-cp", System.getProperty("java.class.path"), "msalextensions.Contention",
            link.toString(), "a", "1");
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C");
        String said = new String(builder.start().getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(said.contains("invalid_location"), said);
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(List.of(link), left.toList());
        }
    }

    private void expectCodes(String text, Map<String, String> environment) throws Exception {
        assumeTrue(succeeds(Stream.concat(ISOLATED.stream(), Stream.of("true")).toList()), "nothing can be mounted here");
        for (String name : List.of("full", "read-only")) Files.createDirectory(folder.resolve(name));
        List<String> program = List.of(
            "sh", "-c", MOUNTED, folder.toString(), System.getProperty("java.home") + "/bin/java", "-cp",
            System.getProperty("java.class.path"), "msalextensions.FailingFiles", folder.toString());
        var builder = new ProcessBuilder(Stream.concat(ISOLATED.stream(), program.stream()).toList()).redirectErrorStream(true);
        builder.environment().putAll(environment);
        List<String> said = new String(builder.start().getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        assertFalse(said.isEmpty());
        assertTrue(said.get(0).endsWith(text), said.get(0));
        assertEquals("""
            name: invalid_location
            room: disk_full
            file: read_only
            folder: read_only
            no folder: not_a_file
            files: too_many_open_files
            nothing: none""", said.stream().skip(1).collect(Collectors.joining("\n")));
    }

    private static boolean succeeds(List<String> command) throws InterruptedException {
        try {
            return new ProcessBuilder(command).start().waitFor() == 0;
        } catch (IOException notInstalled) {
            return false;
        }
    }
}
