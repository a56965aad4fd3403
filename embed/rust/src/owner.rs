//! What root makes in a user's folder is given to that user, who could open neither the cache nor a lock file any more after one run as root.
//! The user may meanwhile put links in the place of anything there: folders and files are opened, and it is what is open that is looked at.
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use rustix::fs::{fchmod, fchown, fstat, open, openat, FileType, Gid, Mode, OFlags, Stat, Uid, CWD};
use rustix::process::geteuid;
use wasmi::{Caller, Linker};
use wasmi_wasi::sync::Dir;
use wasmi_wasi::WasiCtx;

use crate::preview1::{answer, errno_of, text, Errno};

pub(crate) fn gives_in(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    geteuid().is_root() && fs::metadata(folder).is_ok_and(|found| found.uid() != Uid::ROOT.as_raw())
}

/// Where that cannot be done, what was made is as good as before.
pub(crate) fn give(path: &Path) {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return };
    if geteuid().is_root() {
        let opened = open(folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
        let _ = opened.map_err(io::Error::from).and_then(|folder| give_in(&folder, Path::new(name)));
    }
}

pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    fchmod(open_in(CWD, path)?, Mode::RUSR | Mode::WUSR)?;
    give(path);
    Ok(())
}

/// In place of wasi-common's: by `path_create_directory` the core makes its lease, and by `path_link` a lock file gets its name, whose owner
/// can read it from then on.
pub(crate) fn define_in(linker: &mut Linker<WasiCtx>, folder: Dir) -> Result<(), wasmi::Error> {
    let folder = Arc::new(folder);
    let inside = Arc::clone(&folder);
    let create = move |mut caller: Caller<'_, WasiCtx>, _: u32, path: u32, length: u32| {
        answer(text(&mut caller, [path, length]).and_then(|path| create_folder(&inside, Path::new(&path))))
    };
    let link = move |mut caller: Caller<'_, WasiCtx>, _: u32, _: u32, path, length, _: u32, new, new_length| {
        answer(text(&mut caller, [path, length]).and_then(|path| {
            let new = text(&mut caller, [new, new_length])?;
            link(&folder, Path::new(&path), Path::new(&new))
        }))
    };
    linker.allow_shadowing(true);
    linker.func_wrap("wasi_snapshot_preview1", "path_create_directory", create)?;
    linker.func_wrap("wasi_snapshot_preview1", "path_link", link)?;
    linker.allow_shadowing(false);
    Ok(())
}

fn create_folder(folder: &Dir, path: &Path) -> Result<(), Errno> {
    folder.create_dir(path).map_err(errno_of)?;
    give_inside(folder, path);
    Ok(())
}

fn link(folder: &Dir, path: &Path, new: &Path) -> Result<(), Errno> {
    give_inside(folder, path);
    folder.hard_link(path, folder, new).map_err(errno_of)
}

fn give_inside(folder: &Dir, path: &Path) {
    let (Some(above), Some(name)) = (path.parent(), path.file_name()) else { return };
    let _ = match above.as_os_str().is_empty() {
        true => give_in(folder, Path::new(name)),
        false => folder.open_dir(above).and_then(|above| give_in(&above, Path::new(name))),
    };
}

fn give_in(folder: &impl AsFd, name: &Path) -> io::Result<()> {
    let made = open_in(folder, name)?;
    let owner = fstat(folder)?;
    if owner.st_uid != Uid::ROOT.as_raw() && is_new_of_root(&fstat(&made)?) {
        fchown(made, Some(Uid::from_raw(owner.st_uid)), Some(Gid::from_raw(owner.st_gid)))?;
    }
    Ok(())
}

/// A file that has a second name may be any file of the system.
fn is_new_of_root(found: &Stat) -> bool {
    let is_folder = FileType::from_raw_mode(found.st_mode).is_dir();
    found.st_uid == Uid::ROOT.as_raw() && (is_folder || found.st_nlink == 1)
}

/// Follows no link, and waits for no pipe.
fn open_in(folder: impl AsFd, name: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(openat(folder, name, flags, Mode::empty())?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{symlink, MetadataExt};
    use std::{env, fs, process};

    use super::*;

    const USER: u32 = 12345;

    #[test]
    fn only_what_is_new_in_the_folder_is_given_away() {
        if !geteuid().is_root() {
            eprintln!("not tested: needs the user root");
            return;
        }
        let root = env::temp_dir().join(format!("msal-extensions-owner-{}", process::id()));
        let (theirs, elsewhere) = (root.join("theirs"), root.join("elsewhere"));
        let foreign = elsewhere.join("foreign");
        fs::create_dir_all(&theirs).unwrap();
        fs::create_dir_all(&elsewhere).unwrap();
        fs::write(&foreign, "").unwrap();
        std::os::unix::fs::chown(&theirs, Some(USER), Some(USER)).unwrap();
        symlink(&foreign, theirs.join("symbolic")).unwrap();
        symlink(&elsewhere, theirs.join("folder")).unwrap();
        fs::hard_link(&foreign, theirs.join("hard")).unwrap();
        for name in ["symbolic", "folder", "folder/foreign", "hard", "missing"] {
            give(&theirs.join(name));
        }
        assert_eq!((fs::metadata(&foreign).unwrap().uid(), fs::metadata(&elsewhere).unwrap().uid()), (0, 0));
        assert!(make_private(&theirs.join("symbolic")).is_err());
        fs::remove_dir_all(root).unwrap();
    }
}
