// Generated from core-wasm/errors.json by tools/generate-status.mjs. Do not edit.

/** The stable code of a status. */
export function statusName(status: u32): string {
  switch (status) {
    case 0:
      return "ok";
    case 1:
      return "not_found";
    case 2:
      return "unchanged";
    case 3:
      return "exists";
    case 4:
      return "busy";
    case 5:
      return "changed";
    case 6:
      return "lost";
    case 7:
      return "alive";
    case 8:
      return "dead";
    case 20:
      return "io_error";
    case 21:
      return "permission_denied";
    case 22:
      return "disk_full";
    case 23:
      return "read_only";
    case 24:
      return "too_many_open_files";
    case 25:
      return "not_a_file";
    case 26:
      return "invalid_location";
    case 40:
      return "lock_timeout";
    case 41:
      return "lock_not_held";
    case 42:
      return "lock_lost";
    case 50:
      return "json_unexpected_end";
    case 51:
      return "json_unexpected_byte";
    case 52:
      return "json_bad_number";
    case 53:
      return "json_bad_string";
    case 54:
      return "json_bad_escape";
    case 55:
      return "json_bad_utf8";
    case 56:
      return "json_too_deep";
    case 57:
      return "json_trailing_bytes";
    case 58:
      return "document_too_large";
    case 59:
      return "not_a_cache";
    case 70:
      return "protect_failed";
    case 71:
      return "unprotect_failed";
    case 72:
      return "key_not_found";
    case 73:
      return "not_encrypted";
    case 74:
      return "bad_key";
    case 75:
      return "secret_store_unavailable";
    case 76:
      return "secret_store_locked";
    case 77:
      return "key_unavailable";
    case 78:
      return "encrypted";
    case 80:
      return "bad_argument";
    case 81:
      return "bad_state";
    case 82:
      return "out_of_memory";
    case 90:
      return "core_trap";
    case 91:
      return "persistence_not_found";
    case 92:
      return "callback_failed";
    case 93:
      return "not_supported";
    case 94:
      return "persistence_not_verified";
  }
  return "io_error";
}

/** What a status means, for people. ASCII. */
export function statusMessage(status: u32): string {
  switch (status) {
    case 0:
      return "The operation succeeded.";
    case 1:
      return "There is nothing at this location.";
    case 2:
      return "The store holds what was last read.";
    case 3:
      return "The lock file exists already.";
    case 4:
      return "Another holder has the lock.";
    case 5:
      return "What was looked at before is no longer there.";
    case 6:
      return "The lock is no longer ours.";
    case 7:
      return "The process is running.";
    case 8:
      return "The process is gone.";
    case 20:
      return "The operating system reported an input/output error.";
    case 21:
      return "The operating system refused access. Check the owner and the mode of the file and its folder.";
    case 22:
      return "No space is left, or a quota is used up. The cache on disk is what it was.";
    case 23:
      return "The file system is read-only.";
    case 24:
      return "The process or the system has run out of file descriptors.";
    case 25:
      return "The location is a folder, a device or a pipe, or lies below something that is not a folder.";
    case 26:
      return "The location cannot be used as a path.";
    case 40:
      return "The lock was not obtained in time.";
    case 41:
      return "The lock is not held by this object.";
    case 42:
      return "The lock was taken away while it was held: somebody else may have been at work at the same time. No commit was published without it.";
    case 50:
      return "The document ends in the middle of a value.";
    case 51:
      return "The document has a byte where JSON allows none.";
    case 52:
      return "The document has a malformed number.";
    case 53:
      return "The document has a control character in a string.";
    case 54:
      return "The document has a malformed escape sequence.";
    case 55:
      return "The document is not valid UTF-8.";
    case 56:
      return "The document nests deeper than 64 levels.";
    case 57:
      return "The document is complete but followed by something else.";
    case 58:
      return "The document is larger than the limit.";
    case 59:
      return "The document is JSON but not an object.";
    case 70:
      return "The content could not be encrypted.";
    case 71:
      return "The content could not be decrypted.";
    case 72:
      return "The key with which the content was encrypted is gone.";
    case 73:
      return "What is stored is plain text where it should be encrypted. Migrate it, or move it away.";
    case 74:
      return "The key is not usable: 32 bytes are needed.";
    case 75:
      return "The operating system's secret store cannot be used here.";
    case 76:
      return "The operating system's secret store is locked.";
    case 77:
      return "The function that fetches the key failed.";
    case 78:
      return "What is stored is encrypted, and this persistence does not decrypt. Open it with the one that wrote it, or move it away.";
    case 80:
      return "A value handed to the core lies outside its memory or its range.";
    case 81:
      return "An operation is already under way, or none is.";
    case 82:
      return "The core could not grow its memory.";
    case 90:
      return "The core stopped on a fault of its own. Please report it.";
    case 91:
      return "Nothing has been saved at this location yet.";
    case 92:
      return "The function handed to update threw; nothing was written.";
    case 93:
      return "This platform or this object does not support the operation.";
    case 94:
      return "What was written to the store did not read back the same.";
  }
  return "";
}
