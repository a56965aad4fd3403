//! `path_readlink` for the folder of a cache: wasi-common's refuses every link that is absolute (36.0), also one to what is beside it.
use std::fs;
use std::path::{Path, PathBuf};

use wasmi::{Caller, Linker};
use wasmi_wasi::WasiCtx;

use crate::preview1::{answer, errno_of, put_text, text, Errno, ILSEQ, NOTCAPABLE};

/// In place of wasi-common's.
pub(crate) fn define_in(linker: &mut Linker<WasiCtx>, folder: &Path) -> Result<(), wasmi::Error> {
    let folder = folder.to_owned();
    let read = move |caller: Caller<'_, WasiCtx>, _: u32, path: u32, length: u32, to: u32, room: u32, count: u32| {
        answer(path_readlink(&folder, caller, [path, length], [to, room], count))
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
    to: [u32; 2],
    count: u32,
) -> Result<(), Errno> {
    let name = text(&mut caller, path)?;
    put_text(&mut caller, target(folder, &name)?.to_str().ok_or(ILSEQ)?, to, count)
}

/// What the link says; of an absolute one, what it leads to in the folder, which the core knows as `/`.
fn target(folder: &Path, name: &str) -> Result<PathBuf, Errno> {
    let link = fs::read_link(folder.join(name)).map_err(errno_of)?;
    if link.is_relative() {
        return Ok(link);
    }
    let (Some(parent), Some(name)) = (link.parent(), link.file_name()) else { return Err(NOTCAPABLE) };
    let parent = parent.canonicalize().map_err(errno_of)?;
    let inside = parent.strip_prefix(folder).map_err(|_| NOTCAPABLE)?;
    Ok(Path::new("/").join(inside).join(name))
}
