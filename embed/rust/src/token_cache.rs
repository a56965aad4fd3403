use std::error::Error as StdError;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{env, process};

use crate::core::{Argument, Core, CoreResult, Reply, Request, DEFAULT_MAX_BYTES};
use crate::files::{at_home, code_of, folder_and_name, identity, is_read_only, make_private, tell_times, Identity};
use crate::{processes, Cipher, Code, Error, Loaded, Merged};

const ENCRYPTED: u32 = 1;
const SEES_PROCESSES: u32 = 2;
const MAKES_PRIVATE: u32 = 4;
/// In place of the document that an error is about.
const ABOUT_LOCK: u32 = 3;

/// How a cache is opened.
pub struct Options {
    /// Without one the cache is plain text, in a file of mode 0600.
    pub cipher: Option<Box<dyn Cipher>>,
    /// How long to wait for other processes. Zero: one look.
    pub lock_timeout: Duration,
    /// Larger documents are refused. Zero: the default, 64 MiB.
    pub max_bytes: u32,
}

impl Default for Options {
    fn default() -> Options {
        Options { cipher: None, lock_timeout: Duration::from_secs(10), max_bytes: DEFAULT_MAX_BYTES }
    }
}

/// A cipher may hold its key.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("encrypted", &self.cipher.is_some())
            .field("lock_timeout", &self.lock_timeout)
            .field("max_bytes", &self.max_bytes)
            .finish()
    }
}

type Edit<'a> = dyn FnMut(Option<&[u8]>) -> Result<Vec<u8>, Box<dyn StdError + Send + Sync>> + 'a;

/// The cache at one location. Any number of processes may have it open.
pub struct TokenCache {
    location: PathBuf,
    options: Options,
    opened: Opened,
    current: Option<Vec<u8>>,
}

/// Without the content: tokens do not belong into a log.
impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache")
            .field("location", &self.location)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// An instance of the core, and the folder that it has open.
struct Opened {
    core: Core,
    folder: PathBuf,
    identity: Identity,
    /// The core stopped on a fault: it may be in any state.
    broken: bool,
}

impl TokenCache {
    /// A plain file. `~` is the home folder. The file's folder is made if it is missing; the file is made by the first commit.
    pub fn open(path: impl AsRef<Path>) -> Result<TokenCache, Error> {
        TokenCache::open_with(path, Options::default())
    }

    pub fn open_with(path: impl AsRef<Path>, options: Options) -> Result<TokenCache, Error> {
        let location = std::path::absolute(at_home(path.as_ref())?)
            .map_err(|error| Error::new(Code::InvalidLocation).with_source(error))?;
        let opened = Opened::new(&location, &options).map_err(|error| error.at(&location))?;
        Ok(TokenCache { location, options, opened, current: None })
    }

    pub fn location(&self) -> &Path {
        &self.location
    }

    /// What is stored. A damaged document is salvaged.
    pub fn load(&mut self) -> Result<Loaded, Error> {
        let result = self.run("load", &[], None)?;
        if !result.unchanged() {
            self.current = result.has_document().then(|| result.content.clone());
        }
        Ok(Loaded {
            content: self.current.clone(),
            unchanged: result.unchanged(),
            salvaged: result.salvaged(),
            set_aside: result.set_aside(),
        })
    }

    /// Merges `ours`, made from `base`, with what is stored by now, and stores the result, under the lock.
    pub fn commit(&mut self, base: Option<&[u8]>, ours: &[u8]) -> Result<Merged, Error> {
        let result = self.run("commit", &[base, Some(ours)].map(Argument::Document), None)?;
        Ok(self.committed(result))
    }

    /// Stores what `edit` makes of what is stored, under the lock: others wait. It is called again if the lock was lost meanwhile.
    /// Where it fails nothing is stored: `Code::CallbackFailed`, its error the source.
    pub fn update<F>(&mut self, mut edit: F) -> Result<Merged, Error>
    where
        F: FnMut(Option<&[u8]>) -> Result<Vec<u8>, Box<dyn StdError + Send + Sync>>,
    {
        let result = self.run("update", &[], Some(&mut edit))?;
        Ok(self.committed(result))
    }

    /// Removes what is stored. `false`: there was nothing.
    pub fn clear(&mut self) -> Result<bool, Error> {
        let result = self.run("clear", &[], None)?;
        self.current = None;
        Ok(result.status == Code::Ok.status())
    }

    /// Counts and names as JSON, no secrets.
    pub fn inspect(&mut self) -> Result<String, Error> {
        let content = self.load()?.content.unwrap_or_default();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
        let arguments = [Argument::Document(Some(&content)), Argument::Seconds(now as f64)];
        self.run("inspect", &arguments, None)?.inspection()
    }

    fn committed(&mut self, result: CoreResult) -> Merged {
        self.current = Some(result.content.clone());
        Merged::from_result(result)
    }

    fn run(&mut self, operation: &str, arguments: &[Argument], edit: Option<&mut Edit>) -> Result<CoreResult, Error> {
        let (result, failure) = self.operate(operation, arguments, edit).map_err(|error| error.at(&self.location))?;
        if result.status < Code::IoError.status() {
            return Ok(result);
        }
        // The cipher's own error, where that is what ended the operation.
        if let Some(error) = failure.filter(|error| error.code().status() == result.status) {
            return Err(error.at(&self.location));
        }
        let error = Error::of(&result);
        let is_about_lock = error.code() == Code::LockTimeout || result.document == ABOUT_LOCK;
        Err(if is_about_lock { error.at(&lock_of(&self.location)) } else { error.at(&self.location) })
    }

    fn operate(
        &mut self,
        operation: &str,
        arguments: &[Argument],
        edit: Option<&mut Edit>,
    ) -> Result<(CoreResult, Option<Error>), Error> {
        if self.opened.is_stale(&self.location) {
            self.opened = Opened::new(&self.location, &self.options)?;
        }
        let lock = lock_of(&self.location);
        for path in [&self.location, &lock, &lease_of(&lock)] {
            tell_times(path).map_err(|error| Error::new(code_of(&error)).with_source(error).at(path))?;
        }
        let Opened { core, folder, broken, .. } = &mut self.opened;
        let mut embedder = Embedder { folder, cipher: self.options.cipher.as_deref_mut(), edit, failure: None };
        let result = core.run(operation, arguments, &mut |request| embedder.answer(request));
        *broken = matches!(&result, Err(error) if matches!(error.code(), Code::CoreTrap | Code::IoError));
        match result {
            Err(error) if error.code() == Code::IoError && is_read_only(embedder.folder) => {
                Err(Error::new(Code::ReadOnly).with_source(error))
            }
            result => Ok((result?, embedder.failure)),
        }
    }
}

impl Opened {
    fn new(location: &Path, options: &Options) -> Result<Opened, Error> {
        let (folder, name) = folder_and_name(location)?;
        let mut core = Core::new(Some(&folder))?;
        let flags = if options.cipher.is_some() { ENCRYPTED } else { 0 }
            | if processes::SEEN { SEES_PROCESSES } else { 0 }
            | if cfg!(unix) { MAKES_PRIVATE } else { 0 };
        // The largest number would mean the default.
        let timeout = options.lock_timeout.as_millis().min(u128::from(u32::MAX - 1)) as u32;
        core.open(&format!("/{name}"), options.max_bytes, timeout, flags)?;
        core.identify(process::id(), &program())?;
        Ok(Opened { core, identity: identity(&folder), folder, broken: false })
    }

    /// A folder that was removed meanwhile, and perhaps made anew, is another one, and so is where a link leads by now.
    fn is_stale(&self, location: &Path) -> bool {
        self.broken || self.identity != location.parent().and_then(identity)
    }
}

/// Does what only the embedder can.
struct Embedder<'a, 'e> {
    folder: &'a Path,
    cipher: Option<&'a mut (dyn Cipher + 'static)>,
    edit: Option<&'a mut Edit<'e>>,
    failure: Option<Error>,
}

impl Embedder<'_, '_> {
    fn answer(&mut self, request: Request) -> Result<Reply, Error> {
        match (request, &mut self.cipher, &mut self.edit) {
            (Request::Protect(content), Some(cipher), _) => {
                // Nothing is no ciphertext: written, it would look as if the cache had been emptied.
                let outcome = cipher.protect(&content).and_then(|protected| match protected.is_empty() {
                    true => Err(Error::new(Code::ProtectFailed)),
                    false => Ok(protected),
                });
                Ok(self.outcome(outcome, Code::ProtectFailed))
            }
            (Request::Unprotect(content), Some(cipher), _) => {
                let outcome = cipher.unprotect(&content);
                Ok(self.outcome(outcome, Code::UnprotectFailed))
            }
            (Request::Edit(content), _, Some(edit)) => {
                let stored = (!content.is_empty()).then_some(content.as_slice());
                let edited = edit(stored).map_err(|error| Error::new(Code::CallbackFailed).with_source(error))?;
                Ok((Code::Ok, edited))
            }
            (Request::ProcessAlive(pid), _, _) => {
                Ok((if processes::is_alive(pid) { Code::Alive } else { Code::Dead }, Vec::new()))
            }
            (Request::MakePrivate(path), _, _) => Ok((self.make_private(&path), Vec::new())),
            _ => Ok((Code::NotSupported, Vec::new())),
        }
    }

    /// The core may try again: only the last failure counts. Below `io_error` are outcomes that are none: not_found, say, is none of a cipher's.
    fn outcome(&mut self, outcome: Result<Vec<u8>, Error>, otherwise: Code) -> Reply {
        match outcome {
            Ok(content) => (Code::Ok, content),
            Err(error) => {
                let is_failure = error.code().status() >= Code::IoError.status();
                let error = if is_failure { error } else { Error::new(otherwise).with_source(error) };
                let code = error.code();
                self.failure = Some(error);
                (code, Vec::new())
            }
        }
    }

    /// WASI has no modes.
    fn make_private(&self, path: &[u8]) -> Code {
        let name = String::from_utf8_lossy(path);
        match make_private(&self.folder.join(name.trim_start_matches('/'))) {
            Ok(()) => Code::Ok,
            Err(error) => code_of(&error),
        }
    }
}

fn lock_of(location: &Path) -> PathBuf {
    with_suffix(location, ".lockfile")
}

fn lease_of(lock: &Path) -> PathBuf {
    with_suffix(lock, ".lock")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn program() -> String {
    let path = env::current_exe().unwrap_or_default();
    path.file_name().map_or_else(|| "rust".to_owned(), |name| name.to_string_lossy().into_owned())
}
