package msalextensions;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * What all applications of a cache share, as CacheView of the package for JavaScript (hosts/shared/plugin/cache-view.ts): base, what was stored when
 * it was last looked at, and content, base with everything that applications have changed since and that is not stored yet.
 */
final class CacheView {
    private static final byte[] EMPTY = "{}".getBytes(StandardCharsets.UTF_8);

    private final Path path;
    private final long maxBytes;
    private final Merger merger;
    private byte[] base;
    private byte[] content = EMPTY;
    private boolean isPending;

    @FunctionalInterface
    interface Merger {
        Merged merge(byte[] base, byte[] ours, byte[] theirs);
    }

    CacheView(Path path, long maxBytes, Merger merger) {
        this.path = path;
        this.maxBytes = maxBytes;
        this.merger = merger;
    }

    /** Null: nothing was ever looked at. */
    byte[] base() {
        return base;
    }

    byte[] content() {
        return content;
    }

    /** There is something that is not stored yet. */
    boolean isPending() {
        return isPending;
    }

    /**
     * Takes a change of an application's memory in.
     *
     * @param before what memory held, null: it was never handed anything, so everything in it is new, and nothing counts as removed
     * @return what it holds
     * @throws TokenCacheException {@link Code#DOCUMENT_TOO_LARGE}: with it, and for good, nothing could be stored any more, not even a sign-out
     */
    Memory absorb(Memory before, byte[] now) {
        byte[] base = null;
        byte[] ours = now;
        if (before != null) {
            byte[] spelled = Entities.respelled(before.spelled(), now, before.stored());
            ours = merger.merge(marked(spelled, before.stored()), now, before.stored()).content();
            base = marked(before.stored(), content);
        }
        Merged merged = merger.merge(base, ours, content);
        int length = merged.content().length;
        if (length > maxBytes && length > content.length) throw new TokenCacheException(Code.DOCUMENT_TOO_LARGE, path, "", null);
        content = merged.content();
        isPending |= !merged.unchanged();
        return new Memory(now, ours);
    }

    /** With the salvage marker of theirs, which msal4j does not keep: what they lack by now was removed, it is not lost. */
    private byte[] marked(byte[] document, byte[] theirs) {
        return merger.merge(theirs, document, theirs).content();
    }

    /**
     * Brings in what is stored. Also where nothing is pending: it may be what is left of a damaged document, and whoever still knows what that
     * lacks puts it back, whichever process it was that salvaged it.
     *
     * <p>What is put back must not look like news of ours when it is committed: another process may have put it back, and renewed it, by then.
     * So base keeps it too, and goes without the salvage marker of what is stored: what is absent there then still counts as lost.
     *
     * @param stored null where nothing is
     */
    void rebase(byte[] stored) {
        byte[] theirs = stored == null ? EMPTY : stored;
        if (Arrays.equals(theirs, base)) return;
        Merged known = merger.merge(base, base, theirs);
        Merged merged = isPending ? merger.merge(base, content, theirs) : known;
        base = known.unchanged() ? theirs : merger.merge(null, theirs, base).content();
        content = merged.content();
        isPending = !merged.unchanged();
    }

    /** The content was committed on base, and this is stored now. */
    void committed(byte[] stored) {
        base = stored;
        content = stored;
        isPending = false;
    }
}
