package msalextensions;

import com.microsoft.aad.msal4j.ITokenCache;
import com.microsoft.aad.msal4j.ITokenCacheAccessAspect;
import com.microsoft.aad.msal4j.ITokenCacheAccessContext;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A token cache in a file that loses nothing: any number of processes in any of the languages of msal-extensions, killed holders, torn
 * files. Use one object a file and process, in any number of threads and applications:
 *
 * <pre>{@code
 * var cache = PersistedTokenCache.builder(Path.of("/home/me/.my-app/cache.json")).build();
 * var app = PublicClientApplication.builder(clientId).setTokenCacheAccessAspect(cache).build();
 * }</pre>
 */
public final class PersistedTokenCache implements ITokenCacheAccessAspect {
    /** The core cannot be interrupted while it waits for the lock, so it waits in slices, and in between the thread is looked at. */
    private static final long WAITING_SLICE_MS = 200;
    /** A hundred years: what is longer may have more nanoseconds than there are numbers. */
    private static final Duration FOR_EVER = Duration.ofDays(36_500);
    /** One more means the core's own limit. */
    private static final long LARGEST = 0xFFFF_FFFEL;
    private static final long DEFAULT_MAX_BYTES = 64L << 20;
    private static final Set<String> WRITING = Set.of("commit", "update", "clear");

    private final Path path;
    private final Cipher cipher;
    private final Duration lockTimeout;
    private final long maxBytes;
    /** Held by whoever uses what is below; by MSAL from {@link #beforeCacheAccess} to {@link #afterCacheAccess}. */
    private final ReentrantLock turn = new ReentrantLock(true);
    private Core core;
    /** What the core sees. */
    private List<Path> folders = List.of();
    private boolean isRunning;
    /** What was last loaded or committed, null for nothing: the core says "unchanged" of it. */
    private byte[] stored;
    private final CacheView view;
    /** For the view: what is pending and what others have stored may be as large as can be, each. */
    private Core merger;
    /** What the memory of each application held when it was last handed the view, or its change was taken. */
    private final Map<ITokenCache, Memory> memories = new WeakHashMap<>();

    /** Changes what is stored. */
    @FunctionalInterface
    public interface Edit {
        /** @param stored null where nothing is */
        byte[] edit(byte[] stored) throws Exception;
    }

    /**
     * @param path {@code ~} is the home folder
     * @throws TokenCacheException {@link Code#INVALID_LOCATION} where it is null, and where there is no home folder
     */
    public static Builder builder(Path path) {
        if (path == null) throw new TokenCacheException(Code.INVALID_LOCATION, " There is none.", null);
        return new Builder(path);
    }

    /** What may be left as it is: no encryption, 10 seconds, 64 MiB. */
    public static final class Builder {
        private final Path path;
        private Cipher cipher;
        private Duration lockTimeout = Duration.ofSeconds(10);
        private long maxBytes = DEFAULT_MAX_BYTES;

        private Builder(Path path) {
            this.path = Folders.throughLinks(Folders.atHome(path).toAbsolutePath()).normalize();
        }

        /**
         * Without one, the file is plain text, readable by its owner only.
         *
         * @throws TokenCacheException {@link Code#BAD_ARGUMENT} where it is null: who names a cipher does not want plain text
         */
        public Builder cipher(Cipher cipher) {
            if (cipher == null) throw new TokenCacheException(Code.BAD_ARGUMENT, " cipher is null.", null);
            this.cipher = cipher;
            return this;
        }

        /**
         * How long to wait for other processes. An interrupted thread waits no longer.
         *
         * @throws TokenCacheException {@link Code#BAD_ARGUMENT} where it is negative or null
         */
        public Builder lockTimeout(Duration lockTimeout) {
            if (lockTimeout == null || lockTimeout.isNegative()) throw new TokenCacheException(Code.BAD_ARGUMENT, " lockTimeout is " + lockTimeout + ".", null);
            this.lockTimeout = lockTimeout.compareTo(FOR_EVER) > 0 ? FOR_EVER : lockTimeout;
            return this;
        }

        /**
         * The largest document; 0: 64 MiB.
         *
         * @throws TokenCacheException {@link Code#BAD_ARGUMENT} where it is negative
         */
        public Builder maxBytes(long maxBytes) {
            if (maxBytes < 0) throw new TokenCacheException(Code.BAD_ARGUMENT, " maxBytes is " + maxBytes + ".", null);
            this.maxBytes = maxBytes == 0 ? DEFAULT_MAX_BYTES : Math.min(maxBytes, LARGEST);
            return this;
        }

        /** The folder is made where it is missing; the file is made by the first commit. */
        public PersistedTokenCache build() {
            if (path.getParent() == null || !isText(path.getFileName())) throw new TokenCacheException(Code.INVALID_LOCATION, path, "", null);
            Folders.make(path.getParent());
            return new PersistedTokenCache(this);
        }

        /** The core knows names of text. Of other bytes, in a folder's listing say, Java makes a text that is the name of another file. */
        private static boolean isText(Path name) {
            try {
                return name.getFileSystem().getPath(name.toString()).equals(name);
            } catch (InvalidPathException error) {
                return false;
            }
        }
    }

    private PersistedTokenCache(Builder builder) {
        path = builder.path;
        cipher = builder.cipher;
        lockTimeout = builder.lockTimeout;
        maxBytes = builder.maxBytes;
        view = new CacheView(path, maxBytes, this::merged);
    }

    /** What is stored. */
    public Optional<byte[]> load() {
        return inTurn(() -> Optional.ofNullable(loaded()).map(byte[]::clone));
    }

    /**
     * Merges three ways and stores the result: what {@code ours} changed since {@code base} is applied to what is stored by now.
     *
     * @param base null: nothing is known of the past, and the newest of each entity wins
     */
    public Merged commit(byte[] base, byte[] ours) {
        // As an empty document it would remove everything.
        if (ours == null) throw new TokenCacheException(Code.BAD_ARGUMENT, path, " There is nothing to store.", null);
        return inTurn(() -> written(run("commit", null, base, ours)));
    }

    /**
     * Stores what {@code edit} makes of what is stored, null to remove everything; no other process can write meanwhile. It must not use this
     * object. It is called again should the lock be lost, which takes a process that was stopped for seconds.
     */
    public Merged update(Edit edit) {
        if (edit == null) throw new TokenCacheException(Code.BAD_ARGUMENT, path, " There is no function.", null);
        return inTurn(() -> written(run("update", edit)));
    }

    /** Removes the file. Nothing stored is no error. */
    public void clear() {
        inTurn(() -> {
            try {
                run("clear", null);
            } catch (TokenCacheException error) {
                if (error.code() != Code.NOT_FOUND) throw error;
            }
            stored = null;
            return null;
        });
    }

    /** Counts what is stored, as JSON without secrets; nothing where nothing is. */
    public Optional<String> inspect() {
        return inTurn(() -> {
            byte[] content = loaded();
            if (content == null) return Optional.empty();
            return Optional.of(run("inspect", null, content, System.currentTimeMillis() / 1000.0).detail());
        });
    }

    /**
     * MSAL is about to use its memory: it is given what is stored, and what this process knows and is not stored: changes that could not be stored
     * yet, and what a damaged file has lost. Nobody else gets in between until it is done.
     */
    @Override
    public void beforeCacheAccess(ITokenCacheAccessContext context) {
        enter();
        try {
            rebase(context.hasCacheChanged());
            context.tokenCache().deserialize(Entities.readable(view.content()));
            memories.put(context.tokenCache(), new Memory(bytes(context), view.content()));
        } catch (Throwable error) {
            turn.unlock(); // afterCacheAccess will not be called.
            throw error;
        }
    }

    /**
     * MSAL throws away the answer of a server that it cannot save, and with it a refresh token that has replaced the stored one. So a change goes on
     * from what was read last; its commit says what is wrong.
     */
    private void rebase(boolean changes) {
        try {
            view.rebase(loaded());
        } catch (TokenCacheException error) {
            if (!changes || view.base() == null) throw error;
        }
    }

    /** MSAL has used its memory: what it changed is stored; if that fails, with the next change of any application. */
    @Override
    public void afterCacheAccess(ITokenCacheAccessContext context) {
        if (!turn.isHeldByCurrentThread()) throw new TokenCacheException(Code.BAD_STATE, path, " Nobody has called beforeCacheAccess in this thread.", null);
        try {
            if (!context.hasCacheChanged()) return;
            memories.compute(context.tokenCache(), (memory, before) -> view.absorb(before, bytes(context)));
            if (!view.isPending()) return;
            written(run("commit", null, view.base(), view.content()));
            view.committed(stored);
        } finally {
            turn.unlock();
        }
    }

    private static byte[] bytes(ITokenCacheAccessContext context) {
        return context.tokenCache().serialize().getBytes(StandardCharsets.UTF_8);
    }

    @FunctionalInterface
    private interface Action<T> {
        T act();
    }

    private <T> T inTurn(Action<T> action) {
        enter();
        try {
            return action.act();
        } finally {
            turn.unlock();
        }
    }

    /** Waits until it is this thread's turn. */
    private void enter() {
        try {
            if (!turn.tryLock() && !turn.tryLock(lockTimeout.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new TokenCacheException(Code.LOCK_TIMEOUT, path, " Another thread uses it.", null);
            }
        } catch (InterruptedException interruption) {
            Thread.currentThread().interrupt();
            throw interrupted();
        }
        if (isRunning) {
            turn.unlock();
            throw new TokenCacheException(Code.BAD_STATE, path, " The function handed to update uses it.", null);
        }
    }

    private TokenCacheException interrupted() {
        return new TokenCacheException(Code.LOCK_TIMEOUT, TokenCacheException.lockFileOf(path), " The thread was interrupted.", null);
    }

    private byte[] loaded() {
        Result result = run("load", null);
        if (!result.isUnchanged()) stored = result.content();
        return stored;
    }

    private Merged written(Result result) {
        stored = result.data().clone(); // The caller may erase what it is given.
        return result.merged();
    }

    /** Performs an operation, again and again until it has the lock. */
    private Result run(String operation, Edit edit, Object... arguments) {
        long deadline = System.nanoTime() + lockTimeout.toNanos();
        while (true) {
            try {
                return attempt(operation, edit, arguments);
            } catch (TokenCacheException error) {
                // One with a cause is that of a cipher, which has a lock of its own.
                if (error.code() != Code.LOCK_TIMEOUT || error.getCause() != null || System.nanoTime() - deadline >= 0) throw error;
                if (Thread.currentThread().isInterrupted()) throw interrupted();
            }
        }
    }

    private Result attempt(String operation, Edit edit, Object[] arguments) {
        List<Path> needed = Folders.of(path);
        if (WRITING.contains(operation)) needed.forEach(Folders::make); // Somebody may have removed them since.
        if (core == null || !folders.equals(needed)) core = instantiate(needed);
        Embedding embedding = new Embedding(cipher, edit);
        isRunning = true;
        try {
            Result result = core.run(operation, embedding, arguments);
            if (result.status() != Code.OK.status) throw TokenCacheException.of(result, path.toString(), embedding.failure(result.status()));
            return result;
        } finally {
            isRunning = false;
            if (!core.isUsable()) {
                core = null;
                stored = null;
            }
        }
    }

    private Core instantiate(List<Path> needed) {
        stored = null;
        folders = needed;
        return instantiate(needed, maxBytes);
    }

    private Core instantiate(List<Path> needed, long maxBytes) {
        Core instance = new Core(maxBytes, needed);
        long slice = Math.min(WAITING_SLICE_MS, lockTimeout.toMillis());
        int flags = Core.ASKS_ABOUT_PROCESSES | (cipher == null ? 0 : Core.PROTECTED);
        int status = instance.open(path, slice, flags, ProcessHandle.current().pid(), "java");
        if (status != Code.OK.status) throw TokenCacheException.of(Result.refused(Code.of(status)), path.toString(), null);
        return instance;
    }

    /** Needs no lock, and waits for nothing. */
    private Merged merged(byte[] base, byte[] ours, byte[] theirs) {
        if (merger == null || !merger.isUsable()) merger = instantiate(Folders.of(path), Math.min(2 * maxBytes, LARGEST));
        Result result = merger.run("merge", null, base, ours, theirs);
        if (result.status() != Code.OK.status) throw TokenCacheException.of(result, path.toString(), null);
        return result.merged();
    }
}
