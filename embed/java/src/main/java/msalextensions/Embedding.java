package msalextensions;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Does for one operation what only the embedder can do. */
final class Embedding implements Core.Embedder {
    /** Below are outcomes that are no errors: not_found, say, is none of a cipher's. */
    private static final int FIRST_ERROR = 20;

    private final Cipher cipher;
    private final PersistedTokenCache.Edit edit;
    private Throwable failure;
    private int failed;

    Embedding(Cipher cipher, PersistedTokenCache.Edit edit) {
        this.cipher = cipher;
        this.edit = edit;
    }

    /** What was thrown, if that is why an operation ended with this status: from one that failed in the meantime the core may have gone on. */
    Throwable failure(int status) {
        return status == failed ? failure : null;
    }

    @Override
    public Core.Answer answer(Core.Request request) {
        return switch (request.kind()) {
            case Core.Request.PROTECT -> tried(() -> cipher.protect(request.bytes()), Code.PROTECT_FAILED);
            case Core.Request.UNPROTECT -> tried(() -> cipher.unprotect(request.bytes()), Code.UNPROTECT_FAILED);
            case Core.Request.EDIT -> edited(request.bytes());
            case Core.Request.PROCESS_ALIVE -> Core.Answer.of(isAlive(request.value()) ? Code.ALIVE : Code.DEAD);
            default -> Core.Answer.of(Code.NOT_SUPPORTED);
        };
    }

    @FunctionalInterface
    private interface Attempt {
        byte[] bytes() throws Exception;
    }

    private Core.Answer tried(Attempt attempt, Code otherwise) {
        try {
            byte[] bytes = attempt.bytes();
            return bytes == null ? failed(null, otherwise) : Core.Answer.of(bytes);
        } catch (Exception error) {
            boolean isKnown = error instanceof TokenCacheException known && known.code().status >= FIRST_ERROR;
            return failed(error, isKnown ? ((TokenCacheException) error).code() : otherwise);
        }
    }

    private Core.Answer failed(Throwable error, Code code) {
        if (error instanceof InterruptedException) Thread.currentThread().interrupt(); // who waits for this thread to end would wait in vain
        failure = error;
        failed = code.status;
        return Core.Answer.of(code);
    }

    private Core.Answer edited(byte[] stored) {
        try {
            return Core.Answer.of(edit.edit(stored.length == 0 ? null : stored));
        } catch (Exception error) {
            return failed(error, Code.CALLBACK_FAILED);
        }
    }

    /** One that has ended and waits for its parent to notice is gone. */
    private static boolean isAlive(int pid) {
        if (pid <= 0 || ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty()) return false;
        try {
            String status = Files.readString(Path.of("/proc/" + pid + "/stat"));
            // "pid (name) state …", and the name may hold parentheses and spaces.
            String state = status.substring(status.lastIndexOf(')') + 1);
            return !state.startsWith(" Z") && !state.startsWith(" X");
        } catch (IOException noProcessFileSystem) {
            return true;
        }
    }
}
