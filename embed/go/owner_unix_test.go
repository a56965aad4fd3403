//go:build unix

package tokencache

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

const (
	user        = 12345
	groupOfUser = 12346
)

// folderOfUser is one that root has not made for itself. Only root can give a folder away.
func folderOfUser(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs the user root")
	}
	folder := t.TempDir()
	if err := os.Chown(folder, user, groupOfUser); err != nil {
		t.Fatal(err)
	}
	return folder
}

func expectOwner(t *testing.T, path string, uid, gid uint32) {
	t.Helper()
	found, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if of := statOf(found); of.Uid != uid || of.Gid != gid {
		t.Errorf("%s belongs to %d and %d", path, of.Uid, of.Gid)
	}
}

func TestWhatRootMakesIsGivenToTheOwnerOfTheFolder(t *testing.T) {
	theirs := filepath.Join(folderOfUser(t), "new")
	path := filepath.Join(theirs, "folder", "cache.json")
	cache, err := New(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	_, err = cache.Update(context.Background(), func([]byte) ([]byte, error) {
		for _, made := range []string{theirs, filepath.Dir(path), path + ".lockfile", path + ".lockfile.lock"} {
			expectOwner(t, made, user, groupOfUser)
		}
		return []byte(`{"AccessToken":{"a":{}}}`), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	expectOwner(t, path, user, groupOfUser)
}

func TestOnlyWhatIsNewInTheFolderIsGivenAway(t *testing.T) {
	folder, elsewhere := folderOfUser(t), t.TempDir()
	foreign := filepath.Join(elsewhere, "foreign")
	below := filepath.Join(folder, "of root")
	for _, err := range []error{
		os.WriteFile(foreign, nil, 0o600), os.Mkdir(below, 0o700), os.WriteFile(filepath.Join(below, "secret"), nil, 0o600),
		os.Symlink(foreign, filepath.Join(folder, "symbolic")), os.Symlink("of root/secret", filepath.Join(folder, "deeper")),
		os.Symlink(elsewhere, filepath.Join(folder, "other folder")), os.Link(foreign, filepath.Join(folder, "hard")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"symbolic", "deeper", "other folder/foreign", "hard", "missing"} {
		giveToOwnerOfFolder(filepath.Join(folder, name))
	}
	expectOwner(t, foreign, 0, 0)
	expectOwner(t, filepath.Join(below, "secret"), 0, 0)
}
