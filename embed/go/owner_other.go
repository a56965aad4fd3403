//go:build !unix

package tokencache

// giveToOwnerOfFolder: nothing has to be given away where what is made inherits who may open it from its folder.
func giveToOwnerOfFolder(string) {}

// isOnlyOurs: who can write to a folder is not looked at here.
func isOnlyOurs(string) bool { return false }
