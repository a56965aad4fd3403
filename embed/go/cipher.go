package tokencache

// Cipher encrypts what is stored. A Cache calls one of its methods at a time. All but the Unprotect of a Load are called under the lock of
// the cache, so a slow one holds up every other process.
type Cipher interface {
	// Protect returns plain, encrypted.
	Protect(plain []byte) ([]byte, error)
	// Unprotect is the reverse. An error that is a Code, CodeKeyNotFound say, or wraps one is reported with that code, any other one
	// with CodeUnprotectFailed. What cannot be decrypted is never overwritten.
	Unprotect(protected []byte) ([]byte, error)
}
