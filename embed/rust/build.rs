//! Finds the core: in a published crate beside this file, in the repository where its build leaves it.
use std::path::Path;
use std::{env, fs};

fn main() {
    let here = env::var("CARGO_MANIFEST_DIR").unwrap();
    let candidates = ["core.wasi.wasm", "../../dist/core.wasi.wasm"].map(|file| Path::new(&here).join(file));
    let core = candidates.iter().find(|file| file.exists()).expect("core.wasi.wasm is missing: run npm run build");
    let copy = Path::new(&env::var("OUT_DIR").unwrap()).join("core.wasi.wasm");
    fs::copy(core, copy).expect("the core can be copied");
    println!("cargo::rerun-if-changed={}", core.display());
}
