//! What functions of our own, in place of wasi-common's, take from the core and answer it with.
use std::io;

use wasmi::{AsContextMut, Caller, Extern};
use wasmi_wasi::WasiCtx;

/// Numbers of preview 1.
pub(crate) type Errno = u32;
const ACCES: Errno = 2;
const DQUOT: Errno = 19;
const EXIST: Errno = 20;
const FAULT: Errno = 21;
pub(crate) const ILSEQ: Errno = 25;
const INVAL: Errno = 28;
const IO: Errno = 29;
const NOENT: Errno = 44;
const NOSPC: Errno = 51;
const NOTDIR: Errno = 54;
const ROFS: Errno = 69;
pub(crate) const NOTCAPABLE: Errno = 76;

pub(crate) fn answer(outcome: Result<(), Errno>) -> Errno {
    const SUCCESS: Errno = 0;
    outcome.err().unwrap_or(SUCCESS)
}

/// Pointer and length.
pub(crate) fn text(caller: &mut Caller<'_, WasiCtx>, place: [u32; 2]) -> Result<String, Errno> {
    let bytes = at(memory(caller)?, place)?.to_vec();
    String::from_utf8(bytes).map_err(|_| ILSEQ)
}

/// As much of it as there is room for, and how much that is.
pub(crate) fn put_text(
    caller: &mut Caller<'_, WasiCtx>,
    text: &str,
    [to, room]: [u32; 2],
    count: u32,
) -> Result<(), Errno> {
    let memory = memory(caller)?;
    let length = room.min(text.len() as u32);
    at(memory, [to, length])?.copy_from_slice(&text.as_bytes()[..length as usize]);
    at(memory, [count, 4])?.copy_from_slice(&length.to_le_bytes());
    Ok(())
}

fn memory<'a>(caller: &'a mut Caller<'_, WasiCtx>) -> Result<&'a mut [u8], Errno> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory).ok_or(FAULT)?;
    Ok(memory.data_mut(caller.as_context_mut()))
}

fn at(memory: &mut [u8], [pointer, length]: [u32; 2]) -> Result<&mut [u8], Errno> {
    memory.get_mut(pointer as usize..pointer as usize + length as usize).ok_or(FAULT)
}

pub(crate) fn errno_of(error: io::Error) -> Errno {
    match error.kind() {
        io::ErrorKind::AlreadyExists => EXIST,
        io::ErrorKind::InvalidInput => INVAL,
        io::ErrorKind::NotADirectory => NOTDIR,
        io::ErrorKind::NotFound => NOENT,
        io::ErrorKind::PermissionDenied => ACCES,
        io::ErrorKind::QuotaExceeded => DQUOT,
        io::ErrorKind::ReadOnlyFilesystem => ROFS,
        io::ErrorKind::StorageFull => NOSPC,
        _ => IO,
    }
}
