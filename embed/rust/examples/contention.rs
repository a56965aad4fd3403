//! Commits access tokens one by one, in company:
//!
//!     contention <cache path> <prefix> <count> [hold]
//!
//! Prints `committed <n>` after each. With `hold` it then takes the lock, prints `holding`, and keeps it until it is killed.
use std::error::Error;

use msal_extensions_wasm::TokenCache;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, prefix, count, rest @ ..] = arguments.as_slice() else {
        return Err("contention <cache path> <prefix> <count> [hold]".into());
    };
    let mut cache = TokenCache::open(path)?;
    for n in 0..count.parse()? {
        cache.commit(None, token(prefix, n).as_bytes())?;
        println!("committed {n}");
    }
    if rest.first().is_some_and(|word| word == "hold") {
        cache.update(|_content| {
            println!("holding");
            loop {
                std::thread::park();
            }
        })?;
    }
    Ok(())
}

fn token(prefix: &str, n: u32) -> String {
    let secret = format!("secret of {prefix}-{n}");
    format!(
        r#"{{"AccessToken":{{"{prefix}-{n}":{{"secret":"{secret}","cached_at":"1700000000","expires_on":"4000000000"}}}}}}"#
    )
}
