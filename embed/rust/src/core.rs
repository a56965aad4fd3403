//! Drives core.wasi.wasm: docs/wasi.md has its exports.
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use wasmi::{Engine, Instance, Linker, Memory, Module, Store, Val};
use wasmi_wasi::sync::{ambient_authority, Dir, WasiCtxBuilder};
use wasmi_wasi::WasiCtx;

use crate::code::{Code, ABI_VERSION};
use crate::files::code_of;
use crate::{links, Error};

const CORE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/core.wasi.wasm"));
const WASI_VERSION: u32 = 1;
const RECORD_SIZE: u32 = 64;
const RENEW_EVERY: Duration = Duration::from_secs(2);
const REQUEST_SIZE: u32 = 16;
pub(crate) const DEFAULT_MAX_BYTES: u32 = 64 << 20;

/// What only the embedder can do.
pub(crate) enum Request {
    Protect(Vec<u8>),
    Unprotect(Vec<u8>),
    Edit(Vec<u8>),
    ProcessAlive(u32),
    MakePrivate(Vec<u8>),
    Unknown,
}

/// A status, and what it comes with.
pub(crate) type Reply = (Code, Vec<u8>);

/// An error abandons the operation.
pub(crate) type Answer<'a> = &'a mut dyn FnMut(Request) -> Result<Reply, Error>;

pub(crate) enum Argument<'a> {
    /// Two numbers to the core.
    Document(Option<&'a [u8]>),
    Seconds(f64),
}

/// The result record of docs/host-interface.md, and what it points to.
pub(crate) struct CoreResult {
    pub status: u32,
    pub document: u32,
    pub offset: u32,
    pub content: Vec<u8>,
    flags: u32,
    pub added: u32,
    pub updated: u32,
    pub removed: u32,
    pub conflicts: u32,
    pub detail: Vec<u8>,
}

impl CoreResult {
    pub fn unchanged(&self) -> bool {
        self.flags & 1 != 0
    }

    pub fn salvaged(&self) -> bool {
        self.flags & 2 != 0
    }

    pub fn set_aside(&self) -> bool {
        self.flags & 4 != 0
    }

    pub fn has_document(&self) -> bool {
        self.flags & 8 != 0
    }

    pub fn inspection(self) -> Result<String, Error> {
        String::from_utf8(self.detail).map_err(|error| fault(error.utf8_error()))
    }
}

/// One instance: one cache, one operation at a time.
pub(crate) struct Core {
    store: Store<WasiCtx>,
    instance: Instance,
    memory: Memory,
    max_bytes: u32,
}

impl Core {
    /// `folder` is all that the core may touch; it knows it as `/`.
    pub fn new(folder: Option<&Path>) -> Result<Core, Error> {
        let mut wasi = WasiCtxBuilder::new();
        if let Some(folder) = folder {
            wasi.preopened_dir(open_folder(folder)?, "/").map_err(fault)?;
        }
        let engine = Engine::default();
        let module = Module::new(&engine, CORE).map_err(fault)?;
        let mut linker = Linker::new(&engine);
        wasmi_wasi::add_to_linker(&mut linker, |context| context).map_err(fault)?;
        if let Some(folder) = folder {
            links::define_in(&mut linker, folder).map_err(fault)?;
            #[cfg(unix)]
            if crate::owner::gives_in(folder) {
                crate::owner::define_in(&mut linker, open_folder(folder)?).map_err(fault)?;
            }
        }
        let mut store = Store::new(&engine, wasi.build());
        let instance = linker.instantiate_and_start(&mut store, &module).map_err(fault)?;
        let memory = instance.get_memory(&store, "memory").ok_or_else(|| fault("no memory"))?;
        let mut core = Core { store, instance, memory, max_bytes: DEFAULT_MAX_BYTES };
        core.call("_initialize", &[])?;
        if core.call("abi_version", &[])? != ABI_VERSION || core.call("wasi_version", &[])? != WASI_VERSION {
            return Err(Error::new(Code::NotSupported));
        }
        Ok(core)
    }

    pub fn open(&mut self, path: &str, max_bytes: u32, timeout_ms: u32, flags: u32) -> Result<(), Error> {
        self.max_bytes = if max_bytes == 0 { DEFAULT_MAX_BYTES } else { max_bytes };
        let [pointer, length] = self.put(path.as_bytes())?;
        let settings = [pointer, length, number(max_bytes), number(timeout_ms), number(flags)];
        let status = self.call("open", &settings)?;
        self.call("reset", &[])?;
        if status == Code::Ok.status() {
            Ok(())
        } else {
            Err(Error::new(Code::of(status)))
        }
    }

    /// What is written into the lock file.
    pub fn identify(&mut self, pid: u32, name: &str) -> Result<(), Error> {
        let [pointer, length] = self.put(name.as_bytes())?;
        self.call("identify", &[number(pid), pointer, length])?;
        self.call("reset", &[])?;
        Ok(())
    }

    /// One operation, from its start to its result.
    pub fn run(&mut self, operation: &str, arguments: &[Argument], answer: Answer) -> Result<CoreResult, Error> {
        let result = self.operate(operation, arguments, answer);
        // Tokens leave the core's memory with the operation that needed them.
        self.call("reset", &[]).and(result)
    }

    fn operate(&mut self, operation: &str, arguments: &[Argument], answer: Answer) -> Result<CoreResult, Error> {
        let mut lowered = Vec::new();
        for argument in arguments {
            match *argument {
                Argument::Document(None) => lowered.extend([number(0), number(0)]),
                Argument::Document(Some(content)) => lowered.extend(self.put(content)?),
                Argument::Seconds(seconds) => lowered.push(Val::F64(seconds.into())),
            }
        }
        let mut pending = self.call(operation, &lowered)?;
        while pending == 1 {
            let request = self.request()?;
            let (status, content) = self.answered(|| answer(request))?;
            let [pointer, length] = self.put(&content)?;
            pending = self.call("resume", &[number(status.status()), pointer, length])?;
        }
        self.result()
    }

    /// Whoever answers may take their time: meanwhile the lock is renewed, by a thread that has the instance to itself. Where no more threads
    /// are to be had it is not: most answers take no time.
    fn answered<T>(&mut self, answer: impl FnOnce() -> T) -> T {
        let answered = thread::scope(|scope| {
            let (done, wait) = mpsc::channel::<()>();
            let core = &mut *self;
            let renewal = move || {
                while wait.recv_timeout(RENEW_EVERY) == Err(RecvTimeoutError::Timeout) {
                    // A lost lock is noticed where it matters, before anything is published.
                    let _ = core.call("renew", &[]);
                }
            };
            let _ = thread::Builder::new().spawn_scoped(scope, renewal);
            let answered = panic::catch_unwind(AssertUnwindSafe(answer));
            drop(done);
            answered
        });
        answered.unwrap_or_else(|cause| {
            let _ = self.call("reset", &[]); // lets go of the lock
            panic::resume_unwind(cause)
        })
    }

    fn request(&mut self) -> Result<Request, Error> {
        let at = self.call("request", &[])?;
        let fields = words(&self.read(at, REQUEST_SIZE)?);
        let content = self.read(fields[1], fields[2])?;
        Ok(match fields[0] {
            1 => Request::Protect(content),
            2 => Request::Unprotect(content),
            3 => Request::Edit(content),
            4 => Request::ProcessAlive(fields[3]),
            5 => Request::MakePrivate(content),
            _ => Request::Unknown,
        })
    }

    fn result(&mut self) -> Result<CoreResult, Error> {
        let at = self.call("result", &[])?;
        let fields = words(&self.read(at, RECORD_SIZE)?);
        Ok(CoreResult {
            status: fields[0],
            document: fields[1],
            offset: fields[2],
            content: self.read(fields[3], fields[4])?,
            flags: fields[5],
            added: fields[6],
            updated: fields[7],
            removed: fields[8],
            conflicts: fields[9],
            detail: self.read(fields[10], fields[11])?,
        })
    }

    fn put(&mut self, content: &[u8]) -> Result<[Val; 2], Error> {
        let length = u32::try_from(content.len()).map_err(|_| Error::new(Code::DocumentTooLarge))?;
        let pointer = self.call("alloc", &[number(length)])?;
        if pointer == 0 {
            let is_too_large = length > self.max_bytes;
            return Err(Error::new(if is_too_large { Code::DocumentTooLarge } else { Code::OutOfMemory }));
        }
        self.memory.write(&mut self.store, pointer as usize, content).map_err(fault)?;
        Ok([number(pointer), number(length)])
    }

    fn read(&self, pointer: u32, length: u32) -> Result<Vec<u8>, Error> {
        let range = pointer as usize..pointer as usize + length as usize;
        self.memory.data(&self.store).get(range).map(<[u8]>::to_vec).ok_or_else(|| fault("outside the memory"))
    }

    fn call(&mut self, name: &str, arguments: &[Val]) -> Result<u32, Error> {
        let function = self.instance.get_func(&self.store, name).ok_or_else(|| fault(name))?;
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        function.call(&mut self.store, arguments, &mut results).map_err(stopped)?;
        Ok(results.first().and_then(Val::i32).unwrap_or(0) as u32)
    }
}

/// Whatever ends an operation half-way, its lock goes with it.
impl Drop for Core {
    fn drop(&mut self) {
        let _ = self.call("reset", &[]);
    }
}

fn open_folder(folder: &Path) -> Result<Dir, Error> {
    Dir::open_ambient_dir(folder, ambient_authority())
        .map_err(|error| Error::new(code_of(&error)).with_source(error).at(folder))
}

fn number(value: u32) -> Val {
    Val::I32(value as i32)
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect()
}

/// What wasmi's WASI has no number for, a file system that is read-only say, stops the core too, and that is no fault of the core's.
fn stopped(error: wasmi::Error) -> Error {
    if error.to_string().contains("Unknown OS error") {
        return Error::new(Code::IoError).with_source(error.to_string());
    }
    fault(error)
}

/// A trap, or a module that is not what it should be: a bug.
fn fault(error: impl ToString) -> Error {
    Error::new(Code::CoreTrap).with_source(error.to_string())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_document_for_which_there_is_no_room_is_only_too_large_where_it_is_over_the_limit() {
        let mut core = Core::new(None).unwrap();
        let large = vec![0; 3 * DEFAULT_MAX_BYTES as usize];
        for (max_bytes, code) in [(DEFAULT_MAX_BYTES, Code::DocumentTooLarge), (u32::MAX, Code::OutOfMemory)] {
            core.max_bytes = max_bytes; // the instance refuses as before
            assert_eq!(core.put(&large).unwrap_err().code(), code);
        }
    }

    #[test]
    fn a_folder_that_cannot_be_opened_is_refused_for_its_own_reason() {
        let code = |folder| Core::new(Some(Path::new(folder))).err().map(|error| error.code());
        assert_eq!(code("/dev/null"), Some(Code::NotAFile));
        assert_eq!(code("/missing"), Some(Code::InvalidLocation));
    }
}
