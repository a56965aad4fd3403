package tokencache

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Holder is what a lock file says of whoever holds it.
type Holder struct {
	// Pid is 0 where no process is named.
	Pid uint32
	// Line is what the holder wrote: its process and its program.
	Line string
	// Age of the lock file when it was last looked at.
	Age time.Duration
}

func (h *Holder) advice() string {
	if h == nil {
		return " It changed hands all the time. Try again."
	}
	return fmt.Sprintf(" It is held by %s, and its file is %.1f s old. Wait for that process or end it; "+
		"the lock of a process that has ended is taken over within 30 s, the file need not be deleted.", h, h.Age.Seconds())
}

// String reads the formats of the family: "<pid> <program>", "{<pid>} {<program>}".
func (h *Holder) String() string {
	if h.Pid == 0 {
		return "a holder that names no process"
	}
	program := strings.TrimSpace(strings.TrimLeft(h.Line, "\ufeff{}0123456789"))
	if program = strings.TrimSuffix(strings.TrimPrefix(program, "{"), "}"); program == "" {
		return fmt.Sprintf("process %d", h.Pid)
	}
	return fmt.Sprintf("process %d (%s)", h.Pid, program)
}

func holderOf(detail []byte) *Holder {
	var read struct {
		Holder string
		Pid    uint32
		AgeMs  float64
	}
	if json.Unmarshal(detail, &read) != nil {
		return nil
	}
	return &Holder{Pid: read.Pid, Line: strings.TrimSpace(read.Holder), Age: time.Duration(read.AgeMs) * time.Millisecond}
}
