package msalextensions;

import java.util.Locale;
import java.util.Map;

/** What every failed operation throws. */
public final class TokenCacheException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private static final String[] DOCUMENTS = {"theirs", "base", "ours"};
    /** In place of one of these. */
    private static final int ABOUT_LOCK = 3;

    private final Code code;
    private final String document;
    private final long offset;

    /** For a {@link Cipher} that knows why it fails. */
    public TokenCacheException(Code code, String message, Throwable cause) {
        this(code, message, cause, null, -1);
    }

    private TokenCacheException(Code code, String message, Throwable cause, String document, long offset) {
        super(code.id() + ": " + code.message + message, cause);
        this.code = code;
        this.document = document;
        this.offset = offset;
    }

    /** The error for a result that is none: what happened, where, who holds the lock. */
    static TokenCacheException of(Result result, String path, Throwable cause) {
        Code code = Code.of(result.status());
        String where = path == null ? "" : " (" + path + (result.document() == ABOUT_LOCK ? ".lockfile)" : ")");
        if (code.id().startsWith("json_") || code == Code.NOT_A_CACHE) {
            String document = DOCUMENTS[Math.min(result.document(), 2)];
            String place = " At byte " + result.offset() + " of " + document + ".";
            return new TokenCacheException(code, where + place, null, document, result.offset());
        }
        if (code == Code.LOCK_TIMEOUT && cause == null) {
            return new TokenCacheException(code, " (" + path + ".lockfile) " + advice(result.details()), null);
        }
        return new TokenCacheException(code, where, cause);
    }

    /** @param holder what the core says of it; empty where there is none */
    private static String advice(Map<?, ?> holder) {
        if (holder.isEmpty()) return "It changed hands all the time. Try again.";
        double age = ((Number) holder.get("ageMs")).doubleValue() / 1000;
        return "It is held by " + nameOf(holder) + String.format(Locale.ROOT, ", and its file is %.1f s old. ", age)
            + "Wait for that process or end it; the lock of a process that has ended is taken over within 30 s, the file need not be deleted.";
    }

    /** From the formats of the family: <code>&lt;pid> &lt;program></code>, <code>{&lt;pid>} {&lt;program>}</code>. */
    private static String nameOf(Map<?, ?> holder) {
        long pid = ((Number) holder.get("pid")).longValue();
        if (pid == 0) return "a holder that names no process";
        String program = ((String) holder.get("holder")).replaceFirst("^[\\s\ufeff{]*\\d+}?", "").strip().replaceFirst("^\\{(.*)}$", "$1");
        return "process " + pid + (program.isEmpty() ? "" : " (" + program + ")");
    }

    /** A stable code, the same in every language. */
    public Code code() {
        return code;
    }

    /**
     * Where a document is at fault: {@code theirs} (what is stored), {@code base} or {@code ours}; otherwise null.
     */
    public String document() {
        return document;
    }

    /** Of the first byte that is wrong in it, or -1. */
    public long offset() {
        return offset;
    }
}
