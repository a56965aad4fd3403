use std::fmt;

use crate::core::{Argument, Core, CoreResult};
use crate::{Code, Error, Merged};

/// The pure part of the core: merges, salvages and inspects documents (docs/merge.md). Touches no store and no lock.
pub struct CacheMerger {
    core: Core,
}

impl fmt::Debug for CacheMerger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheMerger").finish_non_exhaustive()
    }
}

impl CacheMerger {
    pub fn new() -> Result<CacheMerger, Error> {
        Ok(CacheMerger { core: Core::new(None)? })
    }

    /// Three ways. `None`: there is no such document.
    pub fn merge(&mut self, base: Option<&[u8]>, ours: &[u8], theirs: Option<&[u8]>) -> Result<Merged, Error> {
        let documents = [base, Some(ours), theirs].map(Argument::Document);
        self.run("merge", &documents).map(Merged::from_result)
    }

    /// Whatever was complete in these bytes before the damage.
    pub fn salvage(&mut self, content: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.run("salvage", &[Argument::Document(Some(content))])?.content)
    }

    /// What a document holds, as JSON without secrets. `now` in seconds since the epoch.
    pub fn inspect(&mut self, content: &[u8], now: f64) -> Result<String, Error> {
        self.run("inspect", &[Argument::Document(Some(content)), Argument::Seconds(now)])?.inspection()
    }

    fn run(&mut self, operation: &str, arguments: &[Argument]) -> Result<CoreResult, Error> {
        let result = self.core.run(operation, arguments, &mut |_| Ok((Code::NotSupported, Vec::new())))?;
        if result.status == Code::Ok.status() {
            Ok(result)
        } else {
            Err(Error::of(&result))
        }
    }
}
