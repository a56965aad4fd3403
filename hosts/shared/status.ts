// Generated from core-wasm/errors.json by tools/generate-status.mjs. Do not edit.

/** The version of the host interface this package was built for. */
export const ABI_VERSION = 1;

/** Every status by name. */
export const STATUS = {
  ok: 0,
  not_found: 1,
  unchanged: 2,
  exists: 3,
  busy: 4,
  changed: 5,
  lost: 6,
  alive: 7,
  dead: 8,
  io_error: 20,
  permission_denied: 21,
  disk_full: 22,
  read_only: 23,
  too_many_open_files: 24,
  not_a_file: 25,
  invalid_location: 26,
  lock_timeout: 40,
  lock_not_held: 41,
  lock_lost: 42,
  json_unexpected_end: 50,
  json_unexpected_byte: 51,
  json_bad_number: 52,
  json_bad_string: 53,
  json_bad_escape: 54,
  json_bad_utf8: 55,
  json_too_deep: 56,
  json_trailing_bytes: 57,
  document_too_large: 58,
  not_a_cache: 59,
  protect_failed: 70,
  unprotect_failed: 71,
  bad_argument: 80,
  bad_state: 81,
  out_of_memory: 82,
  core_trap: 90,
  persistence_not_found: 91,
  callback_failed: 92,
  not_supported: 93,
  persistence_not_verified: 94,
} as const;

/** A stable code: what `PersistenceError.code` holds. */
export type StatusName = keyof typeof STATUS;

/** What each status means, for messages. */
export const STATUS_MESSAGE: Readonly<Record<StatusName, string>> = {
  ok: "The operation succeeded.",
  not_found: "There is nothing at this location.",
  unchanged: "The store holds what was last read.",
  exists: "The lock file exists already.",
  busy: "Another holder has the lock.",
  changed: "What was inspected is no longer there.",
  lost: "The lock is no longer ours.",
  alive: "The process is running.",
  dead: "The process is gone.",
  io_error: "The operating system reported an input/output error.",
  permission_denied: "The operating system refused access. Check the owner and the mode of the file and its folder.",
  disk_full: "No space is left, or a quota is used up. The cache on disk is what it was.",
  read_only: "The file system is read-only.",
  too_many_open_files: "The process or the system has run out of file descriptors.",
  not_a_file: "The location is a folder or lies below something that is not a folder.",
  invalid_location: "The location cannot be used as a path.",
  lock_timeout: "The lock was not obtained in time.",
  lock_not_held: "The lock is not held by this object.",
  lock_lost:
    "The lock was taken away while it was held: somebody else may have been at work at the same time. No commit was published without it.",
  json_unexpected_end: "The document ends in the middle of a value.",
  json_unexpected_byte: "The document has a byte where JSON allows none.",
  json_bad_number: "The document has a malformed number.",
  json_bad_string: "The document has a control character in a string.",
  json_bad_escape: "The document has a malformed escape sequence.",
  json_bad_utf8: "The document is not valid UTF-8.",
  json_too_deep: "The document nests deeper than 64 levels.",
  json_trailing_bytes: "The document is complete but followed by something else.",
  document_too_large: "The document is larger than the limit.",
  not_a_cache: "The document is JSON but not an object.",
  protect_failed: "The content could not be encrypted.",
  unprotect_failed: "The content could not be decrypted.",
  bad_argument: "A value handed to the core lies outside its memory or its range.",
  bad_state: "An operation is already under way, or none is.",
  out_of_memory: "The core could not grow its memory.",
  core_trap: "The core stopped on a fault of its own. Please report it.",
  persistence_not_found: "Nothing has been saved at this location yet.",
  callback_failed: "The function handed to update threw; nothing was written.",
  not_supported: "This platform or this object does not support the operation.",
  persistence_not_verified: "What was written to the store did not read back the same.",
};

/** What the core reports to the log, by number. */
export const EVENT_NAME: Readonly<Record<number, string>> = {
  200: "lock_waiting",
  201: "lock_taken_over",
  202: "lock_lost_before_publishing",
  203: "cache_damaged",
  204: "cache_salvaged",
  205: "cache_set_aside",
};
