package tokencache

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	wasisys "github.com/tetratelabs/wazero/experimental/sys"
	"github.com/tetratelabs/wazero/experimental/sysfs"
)

// As many as Linux follows.
const linksMax = 40

// foldersOf returns the folder of the cache, where its lock is; where the cache is a link, also that of what it leads to, which need not
// exist yet.
func foldersOf(path string) []string {
	var folders []string
	for range linksMax {
		if folder := filepath.Dir(path); !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
		link, err := os.Readlink(path)
		if err != nil {
			break
		}
		path = targetOf(path, link)
	}
	return folders
}

// targetOf is absolute. Where the folder is a link itself, ".." leads out of what that leads to.
func targetOf(path, link string) string {
	if filepath.IsAbs(link) {
		return filepath.Clean(link)
	}
	folder := filepath.Dir(path)
	if real, err := filepath.EvalSymlinks(folder); err == nil {
		folder = real
	}
	return filepath.Join(folder, link)
}

// atHome returns a path with ~ expanded, as JavaScript and Python do, which may be given the same one.
func atHome(path string) (string, error) {
	if path != "~" && !strings.HasPrefix(filepath.ToSlash(path), "~/") {
		return path, nil
	}
	home, err := os.UserHomeDir()
	return home + path[1:], err
}

// throughLinks returns a path that may be cleaned: where a folder is a link, ".." leads out of what that leads to. As the system has it, and other
// languages, who may mean the same file.
func throughLinks(path string) string {
	if up := strings.LastIndex(path, "/../"); up >= 0 {
		if above, err := filepath.EvalSymlinks(path[:up+3]); err == nil {
			return filepath.Join(above, path[up+3:])
		}
	}
	return path
}

// makeFolder makes a folder where it is missing, for its owner only.
func makeFolder(folder string) error {
	missing := missingOf(folder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		// A link that leads in circles is there already for MkdirAll.
		if _, looped := os.Stat(folder); errors.Is(looped, syscall.ELOOP) {
			err = looped
		}
		return &Error{Code: codeOfSystem(err), Path: folder, Err: err}
	}
	for _, made := range slices.Backward(missing) {
		giveToOwnerOfFolder(made)
	}
	return nil
}

// missingOf returns those of a folder and the folders above it that are not there, the innermost first.
func missingOf(folder string) (missing []string) {
	for {
		_, err := os.Stat(folder)
		above := filepath.Dir(folder)
		if !errors.Is(err, fs.ErrNotExist) || above == folder { // a drive may be missing too
			return missing
		}
		missing = append(missing, folder)
		folder = above
	}
}

// folder is one as the core sees it.
type folder struct {
	wasisys.FS
	path     string
	shortage *shortage
}

func newFolder(path string, s *shortage) folder { return folder{sysfs.DirFS(path), path, s} }

// shortage is what the system had no more of: room, or descriptors. wazero's WASI has no numbers for that (1.11): it becomes an input/output
// error. So what has failed with one is done once more, only to find out.
type shortage struct{ code Code }

func (s *shortage) note(err error) {
	if code := codeOfSystem(err); code == CodeDiskFull || code == CodeTooManyOpenFiles {
		s.code = code
	}
}

// Readlink makes links absolute: the core finds another folder by its name, and no way out of the one that it is in.
func (f folder) Readlink(name string) (string, wasisys.Errno) {
	link, errno := f.FS.Readlink(name)
	if errno != 0 {
		return "", errno
	}
	return guestPath(targetOf(filepath.Join(f.path, name), filepath.FromSlash(link))), 0
}

func (f folder) OpenFile(name string, flag wasisys.Oflag, mode fs.FileMode) (wasisys.File, wasisys.Errno) {
	path := filepath.Join(f.path, name)
	isNew := flag&wasisys.O_CREAT != 0
	opened, errno := f.FS.OpenFile(name, flag, mode)
	if errno == wasisys.EIO {
		f.shortage.note(openAgain(path, isNew))
	}
	if errno != 0 || !isNew {
		return opened, errno
	}
	giveToOwnerOfFolder(path)
	return newFile{opened, path, f.shortage}, 0
}

func openAgain(path string, isNew bool) error {
	flags := os.O_RDONLY
	if isNew {
		flags = os.O_WRONLY | os.O_CREATE | os.O_EXCL
	}
	opened, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return err
	}
	_ = opened.Close()
	if isNew {
		_ = os.Remove(path)
	}
	return nil
}

// Mkdir makes the lease, or a folder that a link leads to.
func (f folder) Mkdir(name string, mode fs.FileMode) wasisys.Errno {
	path := filepath.Join(f.path, name)
	errno := f.FS.Mkdir(name, mode)
	switch errno {
	case 0:
		giveToOwnerOfFolder(path)
	case wasisys.EIO:
		f.shortage.note(makeAgain(path))
	}
	return errno
}

func makeAgain(path string) error {
	err := os.Mkdir(path, 0o700)
	if err == nil {
		_ = os.Remove(path)
	}
	return err
}

// newFile is one that is being written.
type newFile struct {
	wasisys.File
	path     string
	shortage *shortage
}

// Write may leave more than was written: the core removes what could not be written whole.
func (f newFile) Write(bytes []byte) (int, wasisys.Errno) {
	written, errno := f.File.Write(bytes)
	if errno != wasisys.EIO {
		return written, errno
	}
	again, err := os.OpenFile(f.path, os.O_WRONLY|os.O_APPEND, 0)
	if err == nil {
		_, err = again.Write(bytes)
		_ = again.Close()
	}
	f.shortage.note(err)
	return written, errno
}
