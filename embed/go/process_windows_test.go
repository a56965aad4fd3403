package tokencache

import (
	"errors"
	"os"
	"testing"
)

// The process "System", which user-level code may not open (documentation of OpenProcess).
const system = 4

func TestAProcessThatMayNotBeOpenedLives(t *testing.T) {
	if _, err := os.FindProcess(system); !errors.Is(err, os.ErrPermission) {
		t.Fatalf("it may be opened: %v", err)
	}
	if !processAlive(system) {
		t.Error("it is taken for dead")
	}
}
