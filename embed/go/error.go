package tokencache

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
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
		err.Path = lockPath(path)
	case strings.HasPrefix(string(err.Code), "json_"), err.Code == CodeNotACache:
		err.Document, err.Offset = documents[min(r.document, 2)], r.offset
	case cause != nil && (err.Code == CodeCallbackFailed || err.Code == CodeProtectFailed || codeOf(cause, CodeUnprotectFailed) == err.Code):
		err.Err = cause
	case err.Code == CodeLockTimeout:
		err.Path, err.Holder = lockPath(path), holderOf(r.detail)
	}
	return err
}

// lockPath is where the core has the lock file of a cache.
func lockPath(cache string) string { return cache + ".lockfile" }

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
