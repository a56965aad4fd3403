//! What WASI has not: modes, and which folder a path means by now.
use std::fs::FileTimes;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;
use std::{env, fs, io};

use crate::{Code, Error};

/// With `~` expanded, as JavaScript and Python do, which may be given the same one.
pub(crate) fn at_home(path: &Path) -> Result<PathBuf, Error> {
    let Ok(below) = path.strip_prefix("~") else { return Ok(path.to_owned()) };
    let home = env::var_os(if cfg!(windows) { "USERPROFILE" } else { "HOME" }).filter(|home| !home.is_empty());
    match home {
        Some(home) => Ok(Path::new(&home).join(below)),
        None => Err(Error::new(Code::InvalidLocation).with_source("There is no home folder: set HOME.").at(path)),
    }
}

/// The folder of a cache, made where it is missing, and the name in it.
pub(crate) fn folder_and_name(location: &Path) -> Result<(PathBuf, String), Error> {
    let name = location.file_name().and_then(|name| name.to_str()).ok_or_else(|| Error::new(Code::InvalidLocation))?;
    let parent = location.parent().ok_or_else(|| Error::new(Code::InvalidLocation))?;
    let folder = create_folder(parent)
        .and_then(|()| parent.canonicalize())
        .map_err(|error| Error::new(code_of(&error)).with_source(error))?;
    Ok((folder, name.to_owned()))
}

/// wasi-common (36) unwraps what a time before 1970 is after it, in a function that cannot unwind: the process would end. So such a file, as is
/// found on file systems that leave times empty, gets the oldest time that can be told.
pub(crate) fn tell_times(path: &Path) -> io::Result<()> {
    let Ok(found) = fs::metadata(path) else { return Ok(()) };
    let [modified, accessed] = [found.modified()?, found.accessed()?];
    if modified.min(accessed) >= UNIX_EPOCH {
        return Ok(());
    }
    let times = FileTimes::new().set_modified(modified.max(UNIX_EPOCH)).set_accessed(accessed.max(UNIX_EPOCH));
    fs::File::open(path)?.set_times(times)
}

/// The same table as in core-wasm/assembly/wasi/errno.ts.
pub(crate) fn code_of(error: &io::Error) -> Code {
    if let Some(code) = code_of_number(error) {
        return code;
    }
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::NotFound => Code::InvalidLocation,
        io::ErrorKind::AlreadyExists | io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory => Code::NotAFile,
        io::ErrorKind::PermissionDenied => Code::PermissionDenied,
        io::ErrorKind::ReadOnlyFilesystem => Code::ReadOnly,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Code::DiskFull,
        io::ErrorKind::OutOfMemory => Code::OutOfMemory,
        _ => Code::IoError,
    }
}

/// What `io::ErrorKind` has no name for in Rust 1.86.
#[cfg(unix)]
fn code_of_number(error: &io::Error) -> Option<Code> {
    use rustix::io::Errno;
    match Errno::from_io_error(error)? {
        Errno::NAMETOOLONG | Errno::LOOP => Some(Code::InvalidLocation),
        Errno::MFILE | Errno::NFILE => Some(Code::TooManyOpenFiles),
        _ => None,
    }
}

#[cfg(not(unix))]
fn code_of_number(_error: &io::Error) -> Option<Code> {
    None
}

#[cfg(unix)]
pub(crate) fn is_read_only(folder: &Path) -> bool {
    use rustix::fs::{statvfs, StatVfsMountFlags};
    statvfs(folder).is_ok_and(|found| found.f_flag.contains(StatVfsMountFlags::RDONLY))
}

#[cfg(not(unix))]
pub(crate) fn is_read_only(_folder: &Path) -> bool {
    false
}

/// Of a folder: one that is made anew under the same name is another one, and so is that of another owner.
pub(crate) type Identity = Option<(u64, u64, u32)>;

#[cfg(unix)]
pub(crate) fn identity(folder: &Path) -> Identity {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(folder).ok().map(|found| (found.dev(), found.ino(), found.uid()))
}

/// Elsewhere a folder that is open cannot be removed.
#[cfg(not(unix))]
pub(crate) fn identity(_folder: &Path) -> Identity {
    None
}

#[cfg(unix)]
fn create_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let missing: Vec<&Path> = path.ancestors().take_while(|folder| !folder.exists()).collect();
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    missing.into_iter().rev().for_each(crate::owner::give);
    Ok(())
}

#[cfg(not(unix))]
fn create_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

#[cfg(unix)]
pub(crate) use crate::owner::make_private;

#[cfg(not(unix))]
pub(crate) fn make_private(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use rustix::io::Errno;

    use super::*;

    #[test]
    fn what_the_system_refuses_has_the_code_that_the_core_gives_it() {
        for (errno, code) in [
            (Errno::IO, Code::IoError),
            (Errno::NOSPC, Code::DiskFull),
            (Errno::DQUOT, Code::DiskFull),
            (Errno::ACCESS, Code::PermissionDenied),
            (Errno::ROFS, Code::ReadOnly),
            (Errno::MFILE, Code::TooManyOpenFiles),
            (Errno::NOENT, Code::InvalidLocation),
            (Errno::LOOP, Code::InvalidLocation),
            (Errno::NOTDIR, Code::NotAFile),
            (Errno::EXIST, Code::NotAFile),
            (Errno::NOMEM, Code::OutOfMemory),
        ] {
            assert_eq!(code_of(&errno.into()), code, "{errno}");
        }
    }
}
