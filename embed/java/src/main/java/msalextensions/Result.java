package msalextensions;

import com.azure.json.JsonProviders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/** A copy of the core's result record (docs/host-interface.md). */
record Result(
    int status, int document, long offset, int flags, int added, int updated, int removed, int conflicts, byte[] data, String detail) {

    private static final int UNCHANGED = 1;
    private static final int SALVAGED = 2;
    private static final int SET_ASIDE = 4;
    private static final int HAS_DOCUMENT = 8;

    static Result refused(Code code) {
        return new Result(code.status, 0, 0, 0, 0, 0, 0, 0, new byte[0], "");
    }

    boolean isUnchanged() {
        return (flags & UNCHANGED) != 0;
    }

    /** Null: there is none. */
    byte[] content() {
        return (flags & HAS_DOCUMENT) == 0 ? null : data;
    }

    Merged merged() {
        Map<?, ?> accounts = details();
        return new Merged(
            data, isUnchanged(), (flags & SALVAGED) != 0, (flags & SET_ASIDE) != 0, added, updated, removed, conflicts,
            keys(accounts.get("accountsAdded")), keys(accounts.get("accountsRemoved")));
    }

    Map<?, ?> details() {
        if (detail.isEmpty()) return Map.of();
        try (var reader = JsonProviders.createReader(detail)) {
            return (Map<?, ?>) reader.readUntyped();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private static List<String> keys(Object list) {
        return list == null ? List.of() : ((List<?>) list).stream().map(String.class::cast).toList();
    }
}
