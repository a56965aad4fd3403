//! Files the answer of a token endpoint in a cache, as MSAL does for a client that acts for itself, and prints what the cache holds:
//!
//!     curl … /oauth2/v2.0/token | token_response <cache path> <client id> <tenant> <scope>
//!
//! There is no MSAL for Rust. Any of the family's then finds the token.
use std::error::Error;
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use msal_extensions_wasm::TokenCache;
use serde_json::{json, Value};

const ENVIRONMENT: &str = "login.windows.net";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, client, tenant, scope] = arguments.as_slice() else {
        return Err("token_response <cache path> <client id> <tenant> <scope>".into());
    };
    let response: Value = serde_json::from_reader(io::stdin())?;
    let mut cache = TokenCache::open(path)?;
    let key = format!("-{ENVIRONMENT}-accesstoken-{client}-{tenant}-{scope}-").to_lowercase();
    let entity = access_token(&response, client, tenant, scope)?;
    // Made from nothing that was read before: what it lacks does not count as removed.
    let stored = cache.commit(None, json!({"AccessToken": {key: entity}}).to_string().as_bytes())?;
    eprintln!("{} added, {} updated", stored.added, stored.updated);
    println!("{}", cache.inspect()?);
    Ok(())
}

fn access_token(response: &Value, client: &str, tenant: &str, scope: &str) -> Result<Value, Box<dyn Error>> {
    let secret = response["access_token"].as_str().ok_or("no access token in the response")?;
    let lifetime = response["expires_in"].as_u64().ok_or("no lifetime in the response")?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    Ok(json!({
        "credential_type": "AccessToken",
        "home_account_id": "",
        "environment": ENVIRONMENT,
        "client_id": client,
        "realm": tenant,
        "target": scope,
        "token_type": "Bearer",
        "secret": secret,
        "cached_at": now.to_string(),
        "expires_on": (now + lifetime).to_string(),
        "extended_expires_on": (now + lifetime).to_string(),
    }))
}
