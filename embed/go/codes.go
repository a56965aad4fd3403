// Code generated from core-wasm/errors.json by tools/generate-status.mjs. DO NOT EDIT.

package tokencache

const abiVersion = 2

// CodeOK: The operation succeeded.
const CodeOK Code = "ok"

// CodeNotFound: There is nothing at this location.
const CodeNotFound Code = "not_found"

// CodeUnchanged: The store holds what was last read.
const CodeUnchanged Code = "unchanged"

// CodeExists: The lock file exists already.
const CodeExists Code = "exists"

// CodeBusy: Another holder has the lock.
const CodeBusy Code = "busy"

// CodeChanged: What was looked at before is no longer there.
const CodeChanged Code = "changed"

// CodeLost: The lock is no longer ours.
const CodeLost Code = "lost"

// CodeAlive: The process is running.
const CodeAlive Code = "alive"

// CodeDead: The process is gone.
const CodeDead Code = "dead"

// CodeIOError: The operating system reported an input/output error.
const CodeIOError Code = "io_error"

// CodePermissionDenied: The operating system refused access. Check the owner and the mode of the file and its folder.
const CodePermissionDenied Code = "permission_denied"

// CodeDiskFull: No space is left, or a quota is used up. The cache on disk is what it was.
const CodeDiskFull Code = "disk_full"

// CodeReadOnly: The file system is read-only.
const CodeReadOnly Code = "read_only"

// CodeTooManyOpenFiles: The process or the system has run out of file descriptors.
const CodeTooManyOpenFiles Code = "too_many_open_files"

// CodeNotAFile: The location is a folder, a device or a pipe, or lies below something that is not a folder.
const CodeNotAFile Code = "not_a_file"

// CodeInvalidLocation: The location cannot be used as a path.
const CodeInvalidLocation Code = "invalid_location"

// CodeLockTimeout: The lock was not obtained in time.
const CodeLockTimeout Code = "lock_timeout"

// CodeLockNotHeld: The lock is not held by this object.
const CodeLockNotHeld Code = "lock_not_held"

// CodeLockLost: The lock was taken away while it was held: somebody else may have been at work at the same time. No commit was published without it.
const CodeLockLost Code = "lock_lost"

// CodeJSONUnexpectedEnd: The document ends in the middle of a value.
const CodeJSONUnexpectedEnd Code = "json_unexpected_end"

// CodeJSONUnexpectedByte: The document has a byte where JSON allows none.
const CodeJSONUnexpectedByte Code = "json_unexpected_byte"

// CodeJSONBadNumber: The document has a malformed number.
const CodeJSONBadNumber Code = "json_bad_number"

// CodeJSONBadString: The document has a control character in a string.
const CodeJSONBadString Code = "json_bad_string"

// CodeJSONBadEscape: The document has a malformed escape sequence.
const CodeJSONBadEscape Code = "json_bad_escape"

// CodeJSONBadUTF8: The document is not valid UTF-8.
const CodeJSONBadUTF8 Code = "json_bad_utf8"

// CodeJSONTooDeep: The document nests deeper than 64 levels.
const CodeJSONTooDeep Code = "json_too_deep"

// CodeJSONTrailingBytes: The document is complete but followed by something else.
const CodeJSONTrailingBytes Code = "json_trailing_bytes"

// CodeDocumentTooLarge: The document is larger than the limit.
const CodeDocumentTooLarge Code = "document_too_large"

// CodeNotACache: The document is JSON but not an object.
const CodeNotACache Code = "not_a_cache"

// CodeProtectFailed: The content could not be encrypted.
const CodeProtectFailed Code = "protect_failed"

// CodeUnprotectFailed: The content could not be decrypted.
const CodeUnprotectFailed Code = "unprotect_failed"

// CodeKeyNotFound: The key with which the content was encrypted is gone.
const CodeKeyNotFound Code = "key_not_found"

// CodeNotEncrypted: What is stored is plain text where it should be encrypted. Migrate it, or move it away.
const CodeNotEncrypted Code = "not_encrypted"

// CodeBadKey: The key is not usable: 32 bytes are needed.
const CodeBadKey Code = "bad_key"

// CodeSecretStoreUnavailable: The operating system's secret store cannot be used here.
const CodeSecretStoreUnavailable Code = "secret_store_unavailable"

// CodeSecretStoreLocked: The operating system's secret store is locked.
const CodeSecretStoreLocked Code = "secret_store_locked"

// CodeKeyUnavailable: The function that fetches the key failed.
const CodeKeyUnavailable Code = "key_unavailable"

// CodeEncrypted: What is stored is encrypted, and this persistence does not decrypt. Open it with the one that wrote it, or move it away.
const CodeEncrypted Code = "encrypted"

// CodeBadArgument: A value handed to the core lies outside its memory or its range.
const CodeBadArgument Code = "bad_argument"

// CodeBadState: An operation is already under way, or none is.
const CodeBadState Code = "bad_state"

// CodeOutOfMemory: The core could not grow its memory.
const CodeOutOfMemory Code = "out_of_memory"

// CodeCoreTrap: The core stopped on a fault of its own. Please report it.
const CodeCoreTrap Code = "core_trap"

// CodePersistenceNotFound: Nothing has been saved at this location yet.
const CodePersistenceNotFound Code = "persistence_not_found"

// CodeCallbackFailed: The function handed to update threw; nothing was written.
const CodeCallbackFailed Code = "callback_failed"

// CodeNotSupported: This platform or this object does not support the operation.
const CodeNotSupported Code = "not_supported"

// CodePersistenceNotVerified: What was written to the store did not read back the same.
const CodePersistenceNotVerified Code = "persistence_not_verified"

var statuses = [...]status{
	{0, CodeOK, "The operation succeeded."},
	{1, CodeNotFound, "There is nothing at this location."},
	{2, CodeUnchanged, "The store holds what was last read."},
	{3, CodeExists, "The lock file exists already."},
	{4, CodeBusy, "Another holder has the lock."},
	{5, CodeChanged, "What was looked at before is no longer there."},
	{6, CodeLost, "The lock is no longer ours."},
	{7, CodeAlive, "The process is running."},
	{8, CodeDead, "The process is gone."},
	{20, CodeIOError, "The operating system reported an input/output error."},
	{21, CodePermissionDenied, "The operating system refused access. Check the owner and the mode of the file and its folder."},
	{22, CodeDiskFull, "No space is left, or a quota is used up. The cache on disk is what it was."},
	{23, CodeReadOnly, "The file system is read-only."},
	{24, CodeTooManyOpenFiles, "The process or the system has run out of file descriptors."},
	{25, CodeNotAFile, "The location is a folder, a device or a pipe, or lies below something that is not a folder."},
	{26, CodeInvalidLocation, "The location cannot be used as a path."},
	{40, CodeLockTimeout, "The lock was not obtained in time."},
	{41, CodeLockNotHeld, "The lock is not held by this object."},
	{42, CodeLockLost, "The lock was taken away while it was held: somebody else may have been at work at the same time. No commit was published without it."},
	{50, CodeJSONUnexpectedEnd, "The document ends in the middle of a value."},
	{51, CodeJSONUnexpectedByte, "The document has a byte where JSON allows none."},
	{52, CodeJSONBadNumber, "The document has a malformed number."},
	{53, CodeJSONBadString, "The document has a control character in a string."},
	{54, CodeJSONBadEscape, "The document has a malformed escape sequence."},
	{55, CodeJSONBadUTF8, "The document is not valid UTF-8."},
	{56, CodeJSONTooDeep, "The document nests deeper than 64 levels."},
	{57, CodeJSONTrailingBytes, "The document is complete but followed by something else."},
	{58, CodeDocumentTooLarge, "The document is larger than the limit."},
	{59, CodeNotACache, "The document is JSON but not an object."},
	{70, CodeProtectFailed, "The content could not be encrypted."},
	{71, CodeUnprotectFailed, "The content could not be decrypted."},
	{72, CodeKeyNotFound, "The key with which the content was encrypted is gone."},
	{73, CodeNotEncrypted, "What is stored is plain text where it should be encrypted. Migrate it, or move it away."},
	{74, CodeBadKey, "The key is not usable: 32 bytes are needed."},
	{75, CodeSecretStoreUnavailable, "The operating system's secret store cannot be used here."},
	{76, CodeSecretStoreLocked, "The operating system's secret store is locked."},
	{77, CodeKeyUnavailable, "The function that fetches the key failed."},
	{78, CodeEncrypted, "What is stored is encrypted, and this persistence does not decrypt. Open it with the one that wrote it, or move it away."},
	{80, CodeBadArgument, "A value handed to the core lies outside its memory or its range."},
	{81, CodeBadState, "An operation is already under way, or none is."},
	{82, CodeOutOfMemory, "The core could not grow its memory."},
	{90, CodeCoreTrap, "The core stopped on a fault of its own. Please report it."},
	{91, CodePersistenceNotFound, "Nothing has been saved at this location yet."},
	{92, CodeCallbackFailed, "The function handed to update threw; nothing was written."},
	{93, CodeNotSupported, "This platform or this object does not support the operation."},
	{94, CodePersistenceNotVerified, "What was written to the store did not read back the same."},
}
