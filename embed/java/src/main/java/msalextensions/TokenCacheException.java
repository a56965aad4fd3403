package msalextensions;

import java.util.Locale;

/** What every failed operation throws. */
public final class TokenCacheException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private static final String[] DOCUMENTS = {"theirs", "base", "ours"};
    /** In place of one of these. */
    private static final int ABOUT_LOCK = 3;

    private final Code code;
    private final String path;
    private final String document;
    private final long offset;
    private final LockHolder holder;

    /** For a {@link Cipher} that knows why it fails. */
    public TokenCacheException(Code code, String message, Throwable cause) {
        this(code, null, message, cause);
    }

    TokenCacheException(Code code, Object path, String message, Throwable cause) {
        this(code, path, message, cause, null, -1, null);
    }

    private TokenCacheException(
        Code code, Object path, String message, Throwable cause, String document, long offset, LockHolder holder) {
        super(code.id() + ": " + code.message + (path == null ? "" : " (" + path + ")") + message, cause);
        this.code = code;
        this.path = path == null ? null : path.toString();
        this.document = document;
        this.offset = offset;
        this.holder = holder;
    }

    /** The error for a result that is none: what happened, where, who holds the lock. */
    static TokenCacheException of(Result result, String path, Throwable cause) {
        Code code = Code.of(result.status());
        if (code.id().startsWith("json_") || code == Code.NOT_A_CACHE) {
            String document = DOCUMENTS[Math.min(result.document(), 2)];
            String place = " At byte " + result.offset() + " of " + document + ".";
            return new TokenCacheException(code, path, place, null, document, result.offset(), null);
        }
        if (code == Code.LOCK_TIMEOUT && cause == null) {
            LockHolder holder = LockHolder.of(result.details());
            return new TokenCacheException(code, lockFileOf(path), " " + advice(holder), null, null, -1, holder);
        }
        return new TokenCacheException(code, result.document() == ABOUT_LOCK ? lockFileOf(path) : path, "", cause);
    }

    static String lockFileOf(Object path) {
        return path + ".lockfile";
    }

    private static String advice(LockHolder holder) {
        if (holder == null) return "It changed hands all the time. Try again.";
        return "It is held by " + holder + String.format(Locale.ROOT, ", and its file is %.1f s old. ", holder.age().toMillis() / 1000.0)
            + "Wait for that process or end it; the lock of a process that has ended is taken over within 30 s, the file need not be deleted.";
    }

    /** A stable code, the same in every language. */
    public Code code() {
        return code;
    }

    /** The cache, its folder or the lock file that the error is about; null where it is about an argument or a document of nobody's. */
    public String path() {
        return path;
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

    /** Of the lock that was not obtained in time. Null where it changed hands all the time, another thread has this cache, or the wait was interrupted. */
    public LockHolder holder() {
        return holder;
    }
}
