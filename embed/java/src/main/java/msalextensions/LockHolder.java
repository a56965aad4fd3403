package msalextensions;

import java.io.Serializable;
import java.time.Duration;
import java.util.Map;

/**
 * Who has a lock, as far as its file tells.
 *
 * @param pid 0 where it names no process
 * @param program empty where it names none
 * @param age of the file
 */
public record LockHolder(long pid, String program, Duration age) implements Serializable {
    /**
     * From the formats of the family: <code>&lt;pid> &lt;program></code>, <code>{&lt;pid>} {&lt;program>}</code>.
     *
     * @param found what the core says of it; empty where there is none
     */
    static LockHolder of(Map<?, ?> found) {
        if (found.isEmpty()) return null;
        long pid = ((Number) found.get("pid")).longValue();
        String text = (String) found.get("holder");
        String program = pid == 0 ? text.strip() : text.replaceFirst("^[\\s\ufeff{]*\\d+}?", "").strip().replaceFirst("^\\{(.*)}$", "$1");
        return new LockHolder(pid, program, Duration.ofMillis(((Number) found.get("ageMs")).longValue()));
    }

    @Override
    public String toString() {
        if (pid == 0) return "a holder that names no process";
        return "process " + pid + (program.isEmpty() ? "" : " (" + program + ")");
    }
}
