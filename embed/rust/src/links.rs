//! `path_readlink` for the folder of a cache: wasi-common's refuses every link that is absolute (36.0), also one to what is beside it.
use std::path::{Path, PathBuf};
use std::{fs, io};

use wasmi::{Caller, Extern, Linker};
use wasmi_wasi::WasiCtx;

/// Numbers of preview 1.
type Errno = u32;
const SUCCESS: Errno = 0;
const ACCES: Errno = 2;
const FAULT: Errno = 21;
const ILSEQ: Errno = 25;
const INVAL: Errno = 28;
const IO: Errno = 29;
const NOENT: Errno = 44;
const NOTCAPABLE: Errno = 76;

/// In place of wasi-common's.
pub(crate) fn define_in(linker: &mut Linker<WasiCtx>, folder: &Path) -> Result<(), wasmi::Error> {
    let folder = folder.to_owned();
    let read = move |caller: Caller<'_, WasiCtx>, _: u32, path: u32, length: u32, to: u32, room: u32, count: u32| {
        path_readlink(&folder, caller, [path, length], [to, room], count).err().unwrap_or(SUCCESS)
    };
    linker.allow_shadowing(true);
    linker.func_wrap("wasi_snapshot_preview1", "path_readlink", read)?;
    linker.allow_shadowing(false);
    Ok(())
}

fn path_readlink(
    folder: &Path,
    mut caller: Caller<'_, WasiCtx>,
    path: [u32; 2],
    [to, room]: [u32; 2],
    count: u32,
) -> Result<(), Errno> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory).ok_or(FAULT)?;
    let memory = memory.data_mut(&mut caller);
    let name = std::str::from_utf8(at(memory, path)?).map_err(|_| ILSEQ)?;
    let link = target(folder, name)?.into_os_string().into_string().map_err(|_| ILSEQ)?;
    let length = room.min(link.len() as u32);
    at(memory, [to, length])?.copy_from_slice(&link.as_bytes()[..length as usize]);
    at(memory, [count, 4])?.copy_from_slice(&length.to_le_bytes());
    Ok(())
}

fn at(memory: &mut [u8], [pointer, length]: [u32; 2]) -> Result<&mut [u8], Errno> {
    memory.get_mut(pointer as usize..pointer as usize + length as usize).ok_or(FAULT)
}

/// What the link says; of an absolute one, what it leads to in the folder, which the core knows as `/`.
fn target(folder: &Path, name: &str) -> Result<PathBuf, Errno> {
    let link = fs::read_link(folder.join(name)).map_err(|error| errno_of(&error))?;
    if link.is_relative() {
        return Ok(link);
    }
    let (Some(parent), Some(name)) = (link.parent(), link.file_name()) else { return Err(NOTCAPABLE) };
    let parent = parent.canonicalize().map_err(|error| errno_of(&error))?;
    let inside = parent.strip_prefix(folder).map_err(|_| NOTCAPABLE)?;
    Ok(Path::new("/").join(inside).join(name))
}

fn errno_of(error: &io::Error) -> Errno {
    match error.kind() {
        io::ErrorKind::NotFound => NOENT,
        io::ErrorKind::PermissionDenied => ACCES,
        io::ErrorKind::InvalidInput => INVAL,
        _ => IO,
    }
}
