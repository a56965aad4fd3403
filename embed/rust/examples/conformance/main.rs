//! Answers the runner protocol: spec-tests/runner/README.md.
//!
//!     conformance <core.portable.wasm>
//!
//! Everything pure runs on core.wasi.wasm; traces drive core.portable.wasm, whose imports are scripted (trace_player.rs).
mod trace_player;

use std::error::Error as StdError;
use std::io::{self, BufRead, Write};

use base64::prelude::{Engine, BASE64_STANDARD};
use msal_extensions_wasm::{CacheMerger, Error, Merged};
use serde_json::value::RawValue;
use serde_json::{json, Value};
use trace_player::TracePlayer;

type Outcome<T> = Result<T, Box<dyn StdError + Send + Sync>>;

const KINDS: [&str; 6] = ["json", "merge", "salvage", "inspect", "lock", "session"];

fn main() -> Outcome<()> {
    let portable = std::env::args().nth(1).ok_or("the path of core.portable.wasm is missing")?;
    let mut merger = CacheMerger::new()?;
    let player = TracePlayer::new(&std::fs::read(portable)?)?;
    for line in io::stdin().lock().lines() {
        let question: Value = serde_json::from_str(&line?)?;
        let answer =
            if question["describe"] == true { description() } else { answer(&question, &mut merger, &player)? };
        println!("{answer}");
        io::stdout().flush()?;
    }
    Ok(())
}

fn description() -> String {
    json!({"name": "msal-extensions-wasm", "language": "Rust", "suiteVersion": 1, "capabilities": KINDS}).to_string()
}

fn answer(question: &Value, merger: &mut CacheMerger, player: &TracePlayer) -> Outcome<String> {
    let id = &question["id"];
    if question["run"] == "trace" {
        return Ok(json!({"id": id, "trace": player.play(question)?}).to_string());
    }
    match pure(question, merger) {
        Ok(result) => Ok(format!("{{\"id\":{id},\"result\":{result}}}")),
        Err(failure) => match failure.downcast::<Error>() {
            Ok(error) => Ok(json!({"id": id, "error": refusal(&error)}).to_string()),
            Err(other) => Err(other),
        },
    }
}

fn pure(question: &Value, merger: &mut CacheMerger) -> Outcome<String> {
    let document = |name: &str| decoded(&question[name]);
    let required =
        |name: &str| Ok::<_, Box<dyn StdError + Send + Sync>>(document(name)?.ok_or("a document is missing")?);
    match question["run"].as_str() {
        Some("merge") => {
            let (base, ours, theirs) = (document("base")?, required("ours")?, document("theirs")?);
            Ok(merged(merger.merge(base.as_deref(), &ours, theirs.as_deref())?).to_string())
        }
        Some("salvage") => {
            let content = merger.salvage(&required("document")?)?;
            Ok(json!({"content": BASE64_STANDARD.encode(content)}).to_string())
        }
        Some("inspect") => {
            let now = question["nowSeconds"].as_f64().ok_or("the time is missing")?;
            one_line(&merger.inspect(&required("document")?, now)?)
        }
        _ => Err("an unknown question".into()),
    }
}

/// As the core wrote it: a `Value` holds neither every number nor half a surrogate pair, both of which a cache may have.
fn one_line(text: &str) -> Outcome<String> {
    serde_json::from_str::<&RawValue>(text)?;
    Ok(text.replace(['\r', '\n'], " "))
}

fn decoded(document: &Value) -> Outcome<Option<Vec<u8>>> {
    Ok(document.as_str().map(|text| BASE64_STANDARD.decode(text)).transpose()?)
}

fn merged(merged: Merged) -> Value {
    json!({
        "content": BASE64_STANDARD.encode(merged.content),
        "unchanged": merged.unchanged,
        "added": merged.added,
        "updated": merged.updated,
        "removed": merged.removed,
        "conflicts": merged.conflicts,
        "accountsAdded": merged.accounts_added,
        "accountsRemoved": merged.accounts_removed,
    })
}

fn refusal(error: &Error) -> Value {
    let code = error.code().name();
    let mut found = json!({"code": code});
    if let Some(document) = error.document() {
        found["document"] = document.name().into();
    }
    if code.starts_with("json_") {
        found["offset"] = error.offset().into();
    }
    found
}
