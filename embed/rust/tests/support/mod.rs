use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

static FOLDERS: AtomicU32 = AtomicU32::new(0);

/// A folder that goes with it.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Folder {
        let n = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("msal-extensions-rust-{}-{n}", process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// In a folder that is not there yet.
    pub fn cache(&self) -> PathBuf {
        self.0.join("folder").join("cache.json")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A cache with these access tokens: key and number.
pub fn document(tokens: &[(&str, u32)]) -> Vec<u8> {
    let entities = tokens.iter().map(|(key, n)| {
        let cached_at = 1_700_000_000 + n;
        format!(r#""{key}":{{"secret":"secret of {n}","cached_at":"{cached_at}","expires_on":"4000000000"}}"#)
    });
    format!(r#"{{"AccessToken":{{{}}}}}"#, entities.collect::<Vec<_>>().join(",")).into_bytes()
}

/// Keys and secrets of the access tokens of a document.
pub fn secrets(content: &[u8]) -> Vec<(String, String)> {
    let document: serde_json::Value = serde_json::from_slice(content).unwrap();
    let entities = document["AccessToken"].as_object().unwrap();
    entities.iter().map(|(key, entity)| (key.clone(), entity["secret"].as_str().unwrap().to_owned())).collect()
}

pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
