package tokencache

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
)

// processAlive tells whether there is such a process on this machine. One that has ended and waits for its parent to notice is gone.
func processAlive(pid uint32) bool {
	if pid == 0 || pid > 1<<31-1 {
		return false // These would address groups of processes.
	}
	process, err := os.FindProcess(int(pid))
	if err != nil || runtime.GOOS == "windows" {
		// There, looking for it opens it. One that may not be opened, an elevated one say, is there (ERROR_ACCESS_DENIED).
		return err == nil || errors.Is(err, os.ErrPermission)
	}
	if err := process.Signal(syscall.Signal(0)); err != nil && !errors.Is(err, os.ErrPermission) {
		return false
	}
	return runtime.GOOS != "linux" || !isZombie(pid)
}

func isZombie(pid uint32) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return errors.Is(err, syscall.ESRCH) // Gone between the two looks. Without /proc the word of the signal stands.
	}
	// "pid (name) state …", and the name may hold parentheses and spaces.
	state := status[bytes.LastIndexByte(status, ')')+1:]
	return bytes.HasPrefix(state, []byte(" Z")) || bytes.HasPrefix(state, []byte(" X"))
}
