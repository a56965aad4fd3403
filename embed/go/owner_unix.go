//go:build unix

package tokencache

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// giveToOwnerOfFolder gives what has just been made to the owner of its folder, where root has made it: after one run as root the user could
// open neither the cache nor a lock file any more. The folder is the user's, who may meanwhile put links in the place of everything in it,
// and of the folder itself: so both are opened, and only what is new and lies in this very folder is given away.
func giveToOwnerOfFolder(path string) {
	if os.Geteuid() != 0 {
		return
	}
	folder, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return
	}
	defer folder.Close()
	owner, err := folder.Stat(".")
	if err != nil || statOf(owner).Uid == 0 {
		return
	}
	if made := openNewOfRoot(folder, filepath.Base(path)); made != nil {
		_ = made.Chown(int(statOf(owner).Uid), int(statOf(owner).Gid))
		_ = made.Close()
	}
}

// openNewOfRoot returns nil for a link, which an os.Root follows, and for a file with a second name, which may be any file of the system.
func openNewOfRoot(folder *os.Root, name string) *os.File {
	made, err := folder.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe would keep us waiting
	if err != nil {
		return nil
	}
	opened, err := made.Stat()
	named, errOfName := folder.Lstat(name)
	isNew := err == nil && statOf(opened).Uid == 0 && (opened.IsDir() || statOf(opened).Nlink == 1)
	if isNew && errOfName == nil && os.SameFile(opened, named) {
		return made
	}
	_ = made.Close()
	return nil
}

// isOnlyOurs tells whether a folder is this user's, and nobody else can write there.
func isOnlyOurs(folder string) bool {
	found, err := os.Stat(folder)
	return err == nil && found.IsDir() && statOf(found).Uid == uint32(os.Geteuid()) && found.Mode().Perm()&0o022 == 0
}

func statOf(found fs.FileInfo) *syscall.Stat_t { return found.Sys().(*syscall.Stat_t) }
