use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};

use crate::core::CoreResult;

/// What is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Loaded {
    /// `None`: nothing is stored.
    pub content: Option<Vec<u8>>,
    /// It is what this cache last loaded or committed.
    pub unchanged: bool,
    /// What was stored was damaged; this is what could be saved of it.
    pub salvaged: bool,
    /// What was damaged has been kept under another name.
    pub set_aside: bool,
}

/// What a merge made, and how it differs from what was stored before. Of a commit: what is stored now.
#[derive(Clone, PartialEq, Eq)]
pub struct Merged {
    pub content: Vec<u8>,
    pub unchanged: bool,
    pub added: u32,
    pub updated: u32,
    pub removed: u32,
    /// How many entities both sides had changed.
    pub conflicts: u32,
    /// Keys of `Account` entities.
    pub accounts_added: Vec<String>,
    pub accounts_removed: Vec<String>,
}

impl Merged {
    pub(crate) fn from_result(result: CoreResult) -> Merged {
        let mut accounts: HashMap<String, Vec<Key>> = serde_json::from_slice(&result.detail).unwrap_or_default();
        let mut keys = |name| accounts.remove(name).unwrap_or_default().into_iter().map(|Key(key)| key).collect();
        Merged {
            accounts_added: keys("accountsAdded"),
            accounts_removed: keys("accountsRemoved"),
            unchanged: result.unchanged(),
            added: result.added,
            updated: result.updated,
            removed: result.removed,
            conflicts: result.conflicts,
            content: result.content,
        }
    }
}

/// A JSON string; half of a surrogate pair, which a `String` cannot hold, becomes U+FFFD.
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Key, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Key;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Key, E> {
                Ok(Key(String::from_utf8_lossy(bytes).into_owned()))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

/// Without the content: tokens do not belong into a log.
impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded")
            .field("bytes", &self.content.as_ref().map(Vec::len))
            .field("unchanged", &self.unchanged)
            .field("salvaged", &self.salvaged)
            .field("set_aside", &self.set_aside)
            .finish()
    }
}

/// Without the content: tokens do not belong into a log.
impl fmt::Debug for Merged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Merged")
            .field("bytes", &self.content.len())
            .field("unchanged", &self.unchanged)
            .field("added", &self.added)
            .field("updated", &self.updated)
            .field("removed", &self.removed)
            .field("conflicts", &self.conflicts)
            .finish()
    }
}
