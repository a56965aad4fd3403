use std::error::Error as StdError;
use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::code::{Code, CODES};
use crate::core::CoreResult;

type Source = Box<dyn StdError + Send + Sync>;

impl Code {
    /// `lock_timeout`, say: the name that all languages share.
    pub fn name(self) -> &'static str {
        self.row().2
    }

    pub(crate) fn status(self) -> u32 {
        self.row().1
    }

    pub(crate) fn of(status: u32) -> Code {
        CODES.iter().find(|row| row.1 == status).map_or(Code::IoError, |row| row.0)
    }

    fn row(self) -> &'static (Code, u32, &'static str, &'static str) {
        CODES.iter().find(|row| row.0 == self).expect("the table has every code")
    }
}

/// Which document of a merge an error is about: what is stored, what was last read, what is to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    Theirs,
    Base,
    Ours,
}

impl Document {
    /// As in the other languages: `theirs`, `base`, `ours`.
    pub fn name(self) -> &'static str {
        match self {
            Document::Theirs => "theirs",
            Document::Base => "base",
            Document::Ours => "ours",
        }
    }

    fn of(number: u32) -> Document {
        [Document::Theirs, Document::Base, Document::Ours][number.min(2) as usize]
    }
}

/// Who holds a lock, as far as the lock file tells.
#[derive(Clone, Debug, PartialEq)]
pub struct LockHolder {
    pub pid: Option<u32>,
    /// What it wrote into the lock file.
    pub text: String,
    pub age_ms: f64,
}

/// Reads the formats of the family: `<pid> <program>`, `{<pid>} {<program>}`.
impl fmt::Display for LockHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(pid) = self.pid else { return f.write_str("a holder that names no process") };
        let program = self.text.trim_start_matches(|letter| "\u{feff}{}0123456789".contains(letter)).trim();
        let program = program.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(program);
        match program {
            "" => write!(f, "process {pid}"),
            program => write!(f, "process {pid} ({program})"),
        }
    }
}

impl LockHolder {
    fn from_detail(detail: &[u8]) -> Option<LockHolder> {
        let fields: Value = serde_json::from_slice(detail).ok()?;
        let pid = fields["pid"].as_u64().filter(|&pid| pid != 0);
        Some(LockHolder {
            pid: pid.and_then(|pid| u32::try_from(pid).ok()),
            text: fields["holder"].as_str()?.trim().to_owned(),
            age_ms: fields["ageMs"].as_f64()?,
        })
    }
}

/// The one error of this crate. [`Error::code`] is stable; the text is for people and never holds cache content.
#[derive(Debug)]
pub struct Error {
    code: Code,
    location: Option<PathBuf>,
    position: Option<(Document, u32)>,
    holder: Option<LockHolder>,
    source: Option<Source>,
}

impl Error {
    pub fn new(code: Code) -> Error {
        Error { code, location: None, position: None, holder: None, source: None }
    }

    /// The error underneath. Its text must not hold secrets either.
    pub fn with_source(mut self, source: impl Into<Source>) -> Error {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn at(mut self, location: &Path) -> Error {
        self.location.get_or_insert_with(|| location.to_owned());
        self
    }

    pub(crate) fn of(result: &CoreResult) -> Error {
        let code = Code::of(result.status);
        let position = (code.name().starts_with("json_") || code == Code::NotACache)
            .then(|| (Document::of(result.document), result.offset));
        let holder = if code == Code::LockTimeout { LockHolder::from_detail(&result.detail) } else { None };
        Error { position, holder, ..Error::new(code) }
    }

    pub fn code(&self) -> Code {
        self.code
    }

    /// The cache or the lock file that the error is about.
    pub fn location(&self) -> Option<&Path> {
        self.location.as_deref()
    }

    pub fn document(&self) -> Option<Document> {
        self.position.map(|(document, _)| document)
    }

    /// Of the first byte that is wrong in that document.
    pub fn offset(&self) -> Option<u32> {
        self.position.map(|(_, offset)| offset)
    }

    /// Of a lock that was not obtained in time.
    pub fn holder(&self) -> Option<&LockHolder> {
        self.holder.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.row().3)?;
        if let Some(location) = &self.location {
            write!(f, " {}", location.display())?;
        }
        if let Some((document, offset)) = self.position {
            write!(f, " At byte {offset} of {}.", document.name())?;
        }
        match &self.holder {
            Some(holder) => {
                let age = holder.age_ms / 1000.0;
                write!(f, " It is held by {holder}, and its file is {age:.1} s old. Wait for that process or end it; the lock of a process")?;
                f.write_str(" that has ended is taken over within 30 s, the file need not be deleted.")
            }
            None if self.code == Code::LockTimeout => f.write_str(" Try again."),
            None => Ok(()),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
