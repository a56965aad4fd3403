// Generated from core-wasm/errors.json by tools/generate-status.mjs. Do not edit.

pub(crate) const ABI_VERSION: u32 = 2;

/// What became of an operation. Stable: [`Code::name`] is the name that all languages share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Code {
    /// The operation succeeded.
    Ok,
    /// There is nothing at this location.
    NotFound,
    /// The store holds what was last read.
    Unchanged,
    /// The lock file exists already.
    Exists,
    /// Another holder has the lock.
    Busy,
    /// What was looked at before is no longer there.
    Changed,
    /// The lock is no longer ours.
    Lost,
    /// The process is running.
    Alive,
    /// The process is gone.
    Dead,
    /// The operating system reported an input/output error.
    IoError,
    /// The operating system refused access. Check the owner and the mode of the file and its folder.
    PermissionDenied,
    /// No space is left, or a quota is used up. The cache on disk is what it was.
    DiskFull,
    /// The file system is read-only.
    ReadOnly,
    /// The process or the system has run out of file descriptors.
    TooManyOpenFiles,
    /// The location is a folder, a device or a pipe, or lies below something that is not a folder.
    NotAFile,
    /// The location cannot be used as a path.
    InvalidLocation,
    /// The lock was not obtained in time.
    LockTimeout,
    /// The lock is not held by this object.
    LockNotHeld,
    /// The lock was taken away while it was held: somebody else may have been at work at the same time. No commit was published without it.
    LockLost,
    /// The document ends in the middle of a value.
    JsonUnexpectedEnd,
    /// The document has a byte where JSON allows none.
    JsonUnexpectedByte,
    /// The document has a malformed number.
    JsonBadNumber,
    /// The document has a control character in a string.
    JsonBadString,
    /// The document has a malformed escape sequence.
    JsonBadEscape,
    /// The document is not valid UTF-8.
    JsonBadUtf8,
    /// The document nests deeper than 64 levels.
    JsonTooDeep,
    /// The document is complete but followed by something else.
    JsonTrailingBytes,
    /// The document is larger than the limit.
    DocumentTooLarge,
    /// The document is JSON but not an object.
    NotACache,
    /// The content could not be encrypted.
    ProtectFailed,
    /// The content could not be decrypted.
    UnprotectFailed,
    /// The key with which the content was encrypted is gone.
    KeyNotFound,
    /// What is stored is plain text where it should be encrypted. Migrate it, or move it away.
    NotEncrypted,
    /// The key is not usable: 32 bytes are needed.
    BadKey,
    /// The operating system's secret store cannot be used here.
    SecretStoreUnavailable,
    /// The operating system's secret store is locked.
    SecretStoreLocked,
    /// The function that fetches the key failed.
    KeyUnavailable,
    /// What is stored is encrypted, and this persistence does not decrypt. Open it with the one that wrote it, or move it away.
    Encrypted,
    /// A value handed to the core lies outside its memory or its range.
    BadArgument,
    /// An operation is already under way, or none is.
    BadState,
    /// The core could not grow its memory.
    OutOfMemory,
    /// The core stopped on a fault of its own. Please report it.
    CoreTrap,
    /// Nothing has been saved at this location yet.
    PersistenceNotFound,
    /// The function handed to update threw; nothing was written.
    CallbackFailed,
    /// This platform or this object does not support the operation.
    NotSupported,
    /// What was written to the store did not read back the same.
    PersistenceNotVerified,
}

pub(crate) const CODES: &[(Code, u32, &str, &str)] = &[
    (
        Code::Ok,
        0,
        "ok",
        "The operation succeeded.",
    ),
    (
        Code::NotFound,
        1,
        "not_found",
        "There is nothing at this location.",
    ),
    (
        Code::Unchanged,
        2,
        "unchanged",
        "The store holds what was last read.",
    ),
    (
        Code::Exists,
        3,
        "exists",
        "The lock file exists already.",
    ),
    (
        Code::Busy,
        4,
        "busy",
        "Another holder has the lock.",
    ),
    (
        Code::Changed,
        5,
        "changed",
        "What was looked at before is no longer there.",
    ),
    (
        Code::Lost,
        6,
        "lost",
        "The lock is no longer ours.",
    ),
    (
        Code::Alive,
        7,
        "alive",
        "The process is running.",
    ),
    (
        Code::Dead,
        8,
        "dead",
        "The process is gone.",
    ),
    (
        Code::IoError,
        20,
        "io_error",
        "The operating system reported an input/output error.",
    ),
    (
        Code::PermissionDenied,
        21,
        "permission_denied",
        "The operating system refused access. Check the owner and the mode of the file and its folder.",
    ),
    (
        Code::DiskFull,
        22,
        "disk_full",
        "No space is left, or a quota is used up. The cache on disk is what it was.",
    ),
    (
        Code::ReadOnly,
        23,
        "read_only",
        "The file system is read-only.",
    ),
    (
        Code::TooManyOpenFiles,
        24,
        "too_many_open_files",
        "The process or the system has run out of file descriptors.",
    ),
    (
        Code::NotAFile,
        25,
        "not_a_file",
        "The location is a folder, a device or a pipe, or lies below something that is not a folder.",
    ),
    (
        Code::InvalidLocation,
        26,
        "invalid_location",
        "The location cannot be used as a path.",
    ),
    (
        Code::LockTimeout,
        40,
        "lock_timeout",
        "The lock was not obtained in time.",
    ),
    (
        Code::LockNotHeld,
        41,
        "lock_not_held",
        "The lock is not held by this object.",
    ),
    (
        Code::LockLost,
        42,
        "lock_lost",
        "The lock was taken away while it was held: somebody else may have been at work at the same time. No commit was published without it.",
    ),
    (
        Code::JsonUnexpectedEnd,
        50,
        "json_unexpected_end",
        "The document ends in the middle of a value.",
    ),
    (
        Code::JsonUnexpectedByte,
        51,
        "json_unexpected_byte",
        "The document has a byte where JSON allows none.",
    ),
    (
        Code::JsonBadNumber,
        52,
        "json_bad_number",
        "The document has a malformed number.",
    ),
    (
        Code::JsonBadString,
        53,
        "json_bad_string",
        "The document has a control character in a string.",
    ),
    (
        Code::JsonBadEscape,
        54,
        "json_bad_escape",
        "The document has a malformed escape sequence.",
    ),
    (
        Code::JsonBadUtf8,
        55,
        "json_bad_utf8",
        "The document is not valid UTF-8.",
    ),
    (
        Code::JsonTooDeep,
        56,
        "json_too_deep",
        "The document nests deeper than 64 levels.",
    ),
    (
        Code::JsonTrailingBytes,
        57,
        "json_trailing_bytes",
        "The document is complete but followed by something else.",
    ),
    (
        Code::DocumentTooLarge,
        58,
        "document_too_large",
        "The document is larger than the limit.",
    ),
    (
        Code::NotACache,
        59,
        "not_a_cache",
        "The document is JSON but not an object.",
    ),
    (
        Code::ProtectFailed,
        70,
        "protect_failed",
        "The content could not be encrypted.",
    ),
    (
        Code::UnprotectFailed,
        71,
        "unprotect_failed",
        "The content could not be decrypted.",
    ),
    (
        Code::KeyNotFound,
        72,
        "key_not_found",
        "The key with which the content was encrypted is gone.",
    ),
    (
        Code::NotEncrypted,
        73,
        "not_encrypted",
        "What is stored is plain text where it should be encrypted. Migrate it, or move it away.",
    ),
    (
        Code::BadKey,
        74,
        "bad_key",
        "The key is not usable: 32 bytes are needed.",
    ),
    (
        Code::SecretStoreUnavailable,
        75,
        "secret_store_unavailable",
        "The operating system's secret store cannot be used here.",
    ),
    (
        Code::SecretStoreLocked,
        76,
        "secret_store_locked",
        "The operating system's secret store is locked.",
    ),
    (
        Code::KeyUnavailable,
        77,
        "key_unavailable",
        "The function that fetches the key failed.",
    ),
    (
        Code::Encrypted,
        78,
        "encrypted",
        "What is stored is encrypted, and this persistence does not decrypt. Open it with the one that wrote it, or move it away.",
    ),
    (
        Code::BadArgument,
        80,
        "bad_argument",
        "A value handed to the core lies outside its memory or its range.",
    ),
    (
        Code::BadState,
        81,
        "bad_state",
        "An operation is already under way, or none is.",
    ),
    (
        Code::OutOfMemory,
        82,
        "out_of_memory",
        "The core could not grow its memory.",
    ),
    (
        Code::CoreTrap,
        90,
        "core_trap",
        "The core stopped on a fault of its own. Please report it.",
    ),
    (
        Code::PersistenceNotFound,
        91,
        "persistence_not_found",
        "Nothing has been saved at this location yet.",
    ),
    (
        Code::CallbackFailed,
        92,
        "callback_failed",
        "The function handed to update threw; nothing was written.",
    ),
    (
        Code::NotSupported,
        93,
        "not_supported",
        "This platform or this object does not support the operation.",
    ),
    (
        Code::PersistenceNotVerified,
        94,
        "persistence_not_verified",
        "What was written to the store did not read back the same.",
    ),
];
