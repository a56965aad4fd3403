package msalextensions;

import com.dylibso.chicory.runtime.ImportValues;
import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Memory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** One instance of the core, for one thread at a time. docs/wasi.md describes its exports. */
final class Core {
    static final int PROTECTED = 1;
    static final int ASKS_ABOUT_PROCESSES = 2;

    private static final int PENDING = 1;
    /** As often as other holders of a lease renew it (docs/lock.md). */
    private static final long RENEWAL_SECONDS = 2;
    private static final ScheduledThreadPoolExecutor RENEWALS =
        new ScheduledThreadPoolExecutor(1, work -> daemon(work, "msal-extensions renewal"));

    static {
        // Where applications are loaded and unloaded, a thread that stays keeps all classes of its application.
        RENEWALS.setKeepAliveTime(1, TimeUnit.SECONDS);
        RENEWALS.allowCoreThreadTimeOut(true);
    }

    /**
     * On which the module runs: Chicory stops at an interruption of the thread it is in, which may have the lock of the cache just then. Ends when
     * it has nothing to do for a while, but never within an operation: where no other one can be started nobody would give the lock back.
     */
    private final ThreadPoolExecutor thread =
        new ThreadPoolExecutor(0, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), work -> daemon(work, "msal-extensions"));
    private final Instance instance;
    private final long maxBytes;
    private Path cache;
    private boolean isUsable = true;

    /** Something that only the embedder can do. */
    record Request(int kind, byte[] bytes, int value) {
        static final int PROTECT = 1;
        static final int UNPROTECT = 2;
        static final int EDIT = 3;
        static final int PROCESS_ALIVE = 4;
    }

    record Answer(int status, byte[] bytes) {
        static Answer of(Code code) {
            return new Answer(code.status, null);
        }

        static Answer of(byte[] bytes) {
            return new Answer(0, bytes);
        }
    }

    @FunctionalInterface
    interface Embedder {
        Answer answer(Request request);
    }

    /** @param folders all that the instance sees of the file system */
    Core(long maxBytes, List<Path> folders) {
        this.maxBytes = maxBytes;
        ImportValues imports = ImportValues.builder().addFunction(new Wasi(folders).functions()).build();
        instance = Instance.builder(CoreModule.load()).withMachineFactory(CoreModule::create).withImportValues(imports).build();
        call("_initialize");
        int version = call("abi_version");
        if (version != Code.ABI_VERSION) throw new IllegalStateException("the core has version " + version + " of its interface");
    }

    /** False after the core has trapped: then there is no more use for the instance. */
    boolean isUsable() {
        return isUsable;
    }

    /** Tells the instance which cache it serves, and what to write into its lock file. */
    int open(Path path, long timeoutMs, int flags, long pid, String program) {
        cache = path;
        byte[] name = Wasi.guestName(path).getBytes(StandardCharsets.UTF_8);
        int status = call("open", put(name), name.length, maxBytes, timeoutMs, flags);
        if (status == 0) {
            byte[] line = program.getBytes(StandardCharsets.UTF_8);
            status = call("identify", pid, put(line), line.length);
        }
        call("reset");
        return status;
    }

    /**
     * Performs an operation to its end. Where the embedder throws, the reset gives the operation up and its lock back.
     *
     * @param arguments documents (null: none) and numbers
     */
    Result run(String operation, Embedder embedder, Object... arguments) {
        thread.setCorePoolSize(1);
        try {
            int pending = call(operation, words(arguments));
            while (pending == PENDING) pending = resume(answered(embedder, request()));
            return result();
        } catch (Refused refused) {
            return Result.refused(refused.code);
        } finally {
            try {
                if (isUsable) call("reset");
            } finally {
                thread.setCorePoolSize(0);
            }
        }
    }

    /** Has the lock renewed while the embedder takes its time. */
    private Answer answered(Embedder embedder, Request request) {
        Future<?> renewing = startRenewing();
        try {
            return embedder.answer(request);
        } finally {
            renewing.cancel(false);
        }
    }

    private Future<?> startRenewing() {
        try {
            // Before anything is scheduled: what waits for a thread that cannot be started would be done when another one can.
            RENEWALS.prestartCoreThread();
        } catch (OutOfMemoryError noMoreThreads) {
            return CompletableFuture.completedFuture(null); // Most answers take no time.
        }
        Runnable renewal = () -> thread.execute(() -> instance.export("renew").apply());
        return RENEWALS.scheduleWithFixedDelay(renewal, RENEWAL_SECONDS, RENEWAL_SECONDS, TimeUnit.SECONDS);
    }

    private int resume(Answer answer) {
        if (answer.bytes() == null) return call("resume", answer.status(), 0, 0);
        long pointer;
        try {
            pointer = put(answer.bytes());
        } catch (Refused refused) {
            return call("resume", refused.code.status, 0, 0);
        }
        return call("resume", answer.status(), pointer, answer.bytes().length);
    }

    private Request request() {
        int at = call("request");
        return new Request(word(at, 0), bytes(word(at, 4), word(at, 8)), word(at, 12));
    }

    private Result result() {
        int at = call("result");
        return new Result(
            word(at, 0), word(at, 4), Integer.toUnsignedLong(word(at, 8)), word(at, 20), word(at, 24), word(at, 28), word(at, 32),
            word(at, 36), bytes(word(at, 12), word(at, 16)), new String(bytes(word(at, 40), word(at, 44)), StandardCharsets.UTF_8));
    }

    private long[] words(Object[] arguments) {
        var words = new java.util.ArrayList<Long>();
        for (Object argument : arguments) {
            if (argument instanceof Double number) {
                words.add(Double.doubleToRawLongBits(number));
            } else {
                byte[] document = (byte[]) argument;
                words.add(document == null ? 0 : put(document));
                words.add(document == null ? 0 : (long) document.length);
            }
        }
        return words.stream().mapToLong(Long::longValue).toArray();
    }

    private long put(byte[] bytes) {
        // What is encrypted may be longer than the limit: the core knows by how much.
        int pointer = call("alloc", bytes.length);
        if (pointer == 0) throw new Refused(bytes.length > maxBytes ? Code.DOCUMENT_TOO_LARGE : Code.OUT_OF_MEMORY);
        memory().write(pointer, bytes);
        return Integer.toUnsignedLong(pointer);
    }

    private int call(String name, long... arguments) {
        try {
            long[] results = uninterrupted(thread.submit(() -> instance.export(name).apply(arguments)));
            return results == null || results.length == 0 ? 0 : (int) results[0];
        } catch (ExecutionException trap) {
            isUsable = false;
            thread.shutdown();
            throw new TokenCacheException(Code.CORE_TRAP, cache, "", trap.getCause());
        }
    }

    /** What interrupts the thread that waits is kept for later. */
    private static <T> T uninterrupted(Future<T> future) throws ExecutionException {
        boolean isInterrupted = false;
        try {
            while (true) {
                try {
                    return future.get();
                } catch (InterruptedException interruption) {
                    isInterrupted = true;
                }
            }
        } finally {
            if (isInterrupted) Thread.currentThread().interrupt();
        }
    }

    private Memory memory() {
        return instance.memory();
    }

    private int word(int record, int at) {
        return memory().readInt(record + at);
    }

    private byte[] bytes(int pointer, int length) {
        return memory().readBytes(pointer, length);
    }

    private static Thread daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    /** There is no room for a document. */
    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final Code code;

        private Refused(Code code) {
            super(code.id(), null, false, false);
            this.code = code;
        }
    }
}
