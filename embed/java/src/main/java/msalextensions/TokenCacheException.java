package msalextensions;

/** What every failed operation throws. */
public final class TokenCacheException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private static final String[] DOCUMENTS = {"theirs", "base", "ours"};

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
        String where = path == null ? "" : " (" + path + ")";
        if (code.id().startsWith("json_") || code == Code.NOT_A_CACHE) {
            String document = DOCUMENTS[Math.min(result.document(), 2)];
            String place = " At byte " + result.offset() + " of " + document + ".";
            return new TokenCacheException(code, where + place, null, document, result.offset());
        }
        if (code == Code.LOCK_TIMEOUT) {
            String holder = result.detail().isEmpty() ? " It changed hands all the time." : " It is held by " + result.detail();
            return new TokenCacheException(code, " (" + path + ".lockfile)" + holder, null);
        }
        return new TokenCacheException(code, where, cause);
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
