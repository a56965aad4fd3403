package tokencache

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestAProcessLivesUntilItHasEnded(t *testing.T) {
	if !processAlive(uint32(os.Getpid())) {
		t.Error("this process is taken for dead")
	}
	if processAlive(0) || processAlive(1<<31) {
		t.Error("what would address a group is taken for a process")
	}
	child := exec.Command("sleep", "1000")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	pid := uint32(child.Process.Pid)
	if !processAlive(pid) {
		t.Error("the child is taken for dead")
	}
	_ = child.Process.Kill()
	// Until it is waited for, the system still knows it.
	for giveUp := time.Now().Add(30 * time.Second); processAlive(pid); time.Sleep(time.Millisecond) {
		if time.Now().After(giveUp) {
			t.Fatal("the child is never taken for dead")
		}
	}
	_ = child.Wait()
	if processAlive(pid) {
		t.Error("the child is back")
	}
}
