package tokencache

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// Code says what became of an operation. Codes are stable and the same in every language. A Code is an error, so that
// errors.Is(err, tokencache.CodeLockTimeout) finds it.
type Code string

func (c Code) Error() string { return string(c) }

type status struct {
	number  uint32
	code    Code
	message string
}

// statusOf returns the entry for a number of the core.
func statusOf(number uint32) status {
	for _, s := range statuses {
		if s.number == number {
			return s
		}
	}
	return statusOf(CodeIOError.number())
}

func (c Code) number() uint32 {
	for _, s := range statuses {
		if s.code == c {
			return s.number
		}
	}
	return CodeIOError.number()
}

// Error is what every failed operation returns, but for one whose context ended: that returns the context's error. What MSAL's own reading or
// writing of its memory failed for, Replace and Export return as it is.
type Error struct {
	Code Code
	// Path is the cache or the lock file that the error is about.
	Path string
	// Document is "theirs" (what is stored), "base" or "ours" where the code begins with json_, or is not_a_cache.
	Document string
	// Offset is that of the first byte that is wrong in it.
	Offset uint32
	// Holder has the lock that was not obtained in time; nil when it changed hands all the time.
	Holder *Holder
	// Err is the error of a Cipher or of the function handed to Update.
	Err error
}

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

func (e *Error) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s", e.Code, statusOf(e.Code.number()).message)
	if e.Path != "" {
		fmt.Fprintf(&text, " (%s)", e.Path)
	}
	if e.Document != "" {
		fmt.Fprintf(&text, " At byte %d of %s.", e.Offset, e.Document)
	}
	if e.Err != nil {
		fmt.Fprintf(&text, " %s", e.Err)
	} else if e.Code == CodeLockTimeout {
		text.WriteString(e.Holder.advice())
	}
	return text.String()
}

// Unwrap returns what the operation failed for, where that was not the core's own doing.
func (e *Error) Unwrap() error { return e.Err }

// Is tells whether target is the code of this error.
func (e *Error) Is(target error) bool { return target == e.Code }

var documents = [...]string{"theirs", "base", "ours"}

// In place of one of these.
const aboutLock = 3

// failure turns a result that is none into an error.
func failure(r *result, path string, cause error) error {
	err := &Error{Code: statusOf(r.status).code, Path: path}
	switch {
	case r.document == aboutLock:
		err.Path = path + ".lockfile"
	case strings.HasPrefix(string(err.Code), "json_"), err.Code == CodeNotACache:
		err.Document, err.Offset = documents[min(r.document, 2)], r.offset
	case cause != nil && (err.Code == CodeCallbackFailed || err.Code == CodeProtectFailed || codeOf(cause, CodeUnprotectFailed) == err.Code):
		err.Err = cause
	case err.Code == CodeLockTimeout:
		err.Path, err.Holder = path+".lockfile", holderOf(r.detail)
	}
	return err
}

// hasCode tells whether it was the core that ended an operation with this code: a cipher that fails with it leaves its error.
func hasCode(err error, code Code) bool {
	typed, ok := err.(*Error)
	return ok && typed.Code == code && typed.Err == nil
}

// Below are outcomes that are no errors: not_found, say, is none of a cipher's.
const firstError = 20

// codeOf returns the code that the error of a cipher carries.
func codeOf(err error, otherwise Code) Code {
	var code Code
	var typed *Error
	if errors.As(err, &typed) {
		code = typed.Code
	} else {
		errors.As(err, &code)
	}
	if code.number() < firstError || code == "" {
		return otherwise
	}
	return code
}

// codeOfSystem is for what the core does not do itself.
func codeOfSystem(err error) Code {
	switch {
	case errors.Is(err, os.ErrPermission):
		return CodePermissionDenied
	case errors.Is(err, syscall.EROFS):
		return CodeReadOnly
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return CodeDiskFull
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return CodeTooManyOpenFiles
	case errors.Is(err, syscall.ENAMETOOLONG), errors.Is(err, syscall.ELOOP), errors.Is(err, syscall.EINVAL), errors.Is(err, os.ErrNotExist):
		return CodeInvalidLocation
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, os.ErrExist):
		return CodeNotAFile
	}
	return CodeIOError
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
