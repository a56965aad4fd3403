// Generated from core-wasm/errors.json by tools/generate-status.mjs. Do not edit.
package msalextensions;

/** What became of an operation: a stable code. */
public enum Code {
    OK(0, "The operation succeeded."),
    NOT_FOUND(1, "There is nothing at this location."),
    UNCHANGED(2, "The store holds what was last read."),
    EXISTS(3, "The lock file exists already."),
    BUSY(4, "Another holder has the lock."),
    CHANGED(5, "What was looked at before is no longer there."),
    LOST(6, "The lock is no longer ours."),
    ALIVE(7, "The process is running."),
    DEAD(8, "The process is gone."),
    IO_ERROR(20, "The operating system reported an input/output error."),
    PERMISSION_DENIED(21, "The operating system refused access. Check the owner and the mode of the file and its folder."),
    DISK_FULL(22, "No space is left, or a quota is used up. The cache on disk is what it was."),
    READ_ONLY(23, "The file system is read-only."),
    TOO_MANY_OPEN_FILES(24, "The process or the system has run out of file descriptors."),
    NOT_A_FILE(25, "The location is a folder, a device or a pipe, or lies below something that is not a folder."),
    INVALID_LOCATION(26, "The location cannot be used as a path."),
    LOCK_TIMEOUT(40, "The lock was not obtained in time."),
    LOCK_NOT_HELD(41, "The lock is not held by this object."),
    LOCK_LOST(42, "The lock was taken away while it was held: somebody else may have been at work at the same time. No commit was published without it."),
    JSON_UNEXPECTED_END(50, "The document ends in the middle of a value."),
    JSON_UNEXPECTED_BYTE(51, "The document has a byte where JSON allows none."),
    JSON_BAD_NUMBER(52, "The document has a malformed number."),
    JSON_BAD_STRING(53, "The document has a control character in a string."),
    JSON_BAD_ESCAPE(54, "The document has a malformed escape sequence."),
    JSON_BAD_UTF8(55, "The document is not valid UTF-8."),
    JSON_TOO_DEEP(56, "The document nests deeper than 64 levels."),
    JSON_TRAILING_BYTES(57, "The document is complete but followed by something else."),
    DOCUMENT_TOO_LARGE(58, "The document is larger than the limit."),
    NOT_A_CACHE(59, "The document is JSON but not an object."),
    PROTECT_FAILED(70, "The content could not be encrypted."),
    UNPROTECT_FAILED(71, "The content could not be decrypted."),
    KEY_NOT_FOUND(72, "The key with which the content was encrypted is gone."),
    NOT_ENCRYPTED(73, "What is stored is plain text where it should be encrypted. Migrate it, or move it away."),
    BAD_KEY(74, "The key is not usable: 32 bytes are needed."),
    SECRET_STORE_UNAVAILABLE(75, "The operating system's secret store cannot be used here."),
    SECRET_STORE_LOCKED(76, "The operating system's secret store is locked."),
    KEY_UNAVAILABLE(77, "The function that fetches the key failed."),
    ENCRYPTED(78, "What is stored is encrypted, and this persistence does not decrypt. Open it with the one that wrote it, or move it away."),
    BAD_ARGUMENT(80, "A value handed to the core lies outside its memory or its range."),
    BAD_STATE(81, "An operation is already under way, or none is."),
    OUT_OF_MEMORY(82, "The core could not grow its memory."),
    CORE_TRAP(90, "The core stopped on a fault of its own. Please report it."),
    PERSISTENCE_NOT_FOUND(91, "Nothing has been saved at this location yet."),
    CALLBACK_FAILED(92, "The function handed to update threw; nothing was written."),
    NOT_SUPPORTED(93, "This platform or this object does not support the operation."),
    PERSISTENCE_NOT_VERIFIED(94, "What was written to the store did not read back the same.");

    static final int ABI_VERSION = 2;

    final int status;
    final String message;

    Code(int status, String message) {
        this.status = status;
        this.message = message;
    }

    /** The name that all languages share: {@code lock_timeout}. */
    public String id() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    static Code of(int status) {
        for (Code code : values()) if (code.status == status) return code;
        return IO_ERROR;
    }
}
