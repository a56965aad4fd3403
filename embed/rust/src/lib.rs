//! Keeps the token cache of the Microsoft identity platform on disk and loses nothing, by the same WebAssembly core as the
//! packages for JavaScript and Python: any number of processes share one file.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = std::env::temp_dir().join(format!("msal-extensions-doc-{}", std::process::id()));
//! use msal_extensions_wasm::TokenCache;
//!
//! let mut cache = TokenCache::open(folder.join("cache.json"))?;
//! let before = cache.load()?.content;
//! let ours = br#"{"AccessToken":{"a key":{"secret":"a token","cached_at":"1700000000"}}}"#;
//! let stored = cache.commit(before.as_deref(), ours)?;
//! assert_eq!(stored.added, 1);
//! # std::fs::remove_dir_all(folder)?;
//! # Ok(())
//! # }
//! ```
mod cache_merger;
mod cipher;
mod code;
mod core;
mod error;
mod files;
mod links;
mod outcome;
#[cfg(unix)]
mod owner;
mod preview1;
mod processes;
mod token_cache;

pub use cache_merger::CacheMerger;
pub use cipher::Cipher;
pub use code::Code;
pub use error::{Document, Error, LockHolder};
pub use outcome::{Loaded, Merged};
pub use token_cache::{Options, TokenCache};
