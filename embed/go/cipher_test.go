package tokencache_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"os"
	"testing"

	tokencache "msal-extensions/embed/go"
)

// withKey is what an application might use: AES-GCM, the nonce in front.
type withKey struct{ cipher.AEAD }

func newKey(t *testing.T) withKey {
	t.Helper()
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	block := must(aes.NewCipher(key))(t)
	return withKey{must(cipher.NewGCM(block))(t)}
}

func (k withKey) Protect(plain []byte) ([]byte, error) {
	nonce := make([]byte, k.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return k.Seal(nonce, nonce, plain, nil), nil
}

var errTooShort = errors.New("too short to be encrypted")

func (k withKey) Unprotect(protected []byte) ([]byte, error) {
	if len(protected) < k.NonceSize() {
		return nil, errTooShort
	}
	return k.Open(nil, protected[:k.NonceSize()], protected[k.NonceSize():], nil)
}

func TestWhatIsStoredIsEncrypted(t *testing.T) {
	path, key := temporary(t), newKey(t)
	encrypted := &tokencache.Options{Cipher: key}
	must(open(t, path, encrypted).Commit(ctx, nil, tokens("a")))(t)
	must(open(t, path, encrypted).Commit(ctx, nil, tokens("b")))(t)
	stored := must(os.ReadFile(path))(t)
	if bytes.Contains(stored, []byte("AccessToken")) {
		t.Fatalf("%q", stored)
	}
	expectKeys(t, must(key.Unprotect(stored))(t), "a", "b")
	expectKeys(t, must(open(t, path, encrypted).Load(ctx))(t), "a", "b")
}

func TestWhatCannotBeDecryptedIsNotOverwritten(t *testing.T) {
	path := temporary(t)
	must(open(t, path, &tokencache.Options{Cipher: newKey(t)}).Commit(ctx, nil, tokens("a")))(t)
	before := must(os.ReadFile(path))(t)
	wrongKey := open(t, path, &tokencache.Options{Cipher: newKey(t)})
	_, err := wrongKey.Load(ctx)
	if expectCode(t, err, tokencache.CodeUnprotectFailed).Err == nil {
		t.Errorf("%v does not say why", err)
	}
	_, err = wrongKey.Commit(ctx, nil, tokens("b"))
	expectCode(t, err, tokencache.CodeUnprotectFailed)
	if !bytes.Equal(before, must(os.ReadFile(path))(t)) {
		t.Error("the file has changed")
	}
	if err := wrongKey.Clear(ctx); err != nil {
		t.Errorf("what cannot be decrypted cannot be cleared away: %v", err)
	}
	must(wrongKey.Commit(ctx, nil, tokens("b")))(t)
}

// keyless knows why it fails.
type keyless struct{}

func (keyless) Protect([]byte) ([]byte, error)   { return nil, tokencache.CodeKeyUnavailable }
func (keyless) Unprotect([]byte) ([]byte, error) { return nil, tokencache.CodeKeyNotFound }

// misleading says what must not be taken for "nothing is stored", and forgets what it should encrypt.
type misleading struct{}

func (misleading) Protect([]byte) ([]byte, error)   { return nil, nil }
func (misleading) Unprotect([]byte) ([]byte, error) { return nil, tokencache.CodeNotFound }

func TestACipherCannotMakeTheStoreLookEmpty(t *testing.T) {
	path := temporary(t)
	cache := open(t, path, &tokencache.Options{Cipher: misleading{}})
	_, err := cache.Commit(ctx, nil, tokens("a"))
	expectCode(t, err, tokencache.CodeProtectFailed)
	must(open(t, path, nil).Commit(ctx, nil, tokens("b")))(t)
	_, err = cache.Load(ctx)
	if expectCode(t, err, tokencache.CodeUnprotectFailed); err.(*tokencache.Error).Code != tokencache.CodeUnprotectFailed {
		t.Errorf("%v", err)
	}
	expectKeys(t, must(os.ReadFile(path))(t), "b")
}

func TestACipherCanSayWhyItFails(t *testing.T) {
	path := temporary(t)
	cache := open(t, path, &tokencache.Options{Cipher: keyless{}})
	_, err := cache.Commit(ctx, nil, tokens("a"))
	expectCode(t, err, tokencache.CodeKeyUnavailable)
	must(open(t, path, nil).Commit(ctx, nil, tokens("b")))(t)
	_, err = cache.Load(ctx)
	expectCode(t, err, tokencache.CodeKeyNotFound)
}

// busy keeps its key under a lock that somebody else has.
type busy struct{ calls *int }

var errVault = &tokencache.Error{Code: tokencache.CodeLockTimeout, Path: "vault.lockfile"}

func (b busy) Protect([]byte) ([]byte, error) {
	*b.calls++
	return nil, errVault
}

func (busy) Unprotect([]byte) ([]byte, error) { return nil, errVault }

func TestACipherThatTimesOutItselfIsNotAskedUntilTheCacheWould(t *testing.T) {
	path, calls := temporary(t), 0
	_, err := open(t, path, &tokencache.Options{Cipher: busy{&calls}}).Commit(ctx, nil, tokens("a"))
	if failed := expectCode(t, err, tokencache.CodeLockTimeout); failed.Path != path || failed.Err != errVault || failed.Holder != nil {
		t.Errorf("%v", err)
	}
	if calls != 1 {
		t.Errorf("called %d times", calls)
	}
}

func TestTheSignalOfASecretStoreIsNothingSaved(t *testing.T) {
	path := temporary(t)
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	cache := open(t, path, &tokencache.Options{Cipher: newKey(t)})
	if stored := must(cache.Load(ctx))(t); stored != nil {
		t.Errorf("%s is stored", stored)
	}
	expectKeys(t, must(cache.Commit(ctx, nil, tokens("a")))(t).Content, "a")
}

// forgetful loses what it should encrypt.
type forgetful struct{ withKey }

func (forgetful) Protect([]byte) ([]byte, error) { return []byte{}, nil }

func TestNothingIsNoCiphertext(t *testing.T) {
	path, key := temporary(t), newKey(t)
	must(open(t, path, &tokencache.Options{Cipher: key}).Commit(ctx, nil, tokens("a")))(t)
	_, err := open(t, path, &tokencache.Options{Cipher: forgetful{key}}).Commit(ctx, nil, tokens("b"))
	expectCode(t, err, tokencache.CodeProtectFailed)
	expectKeys(t, must(key.Unprotect(must(os.ReadFile(path))(t)))(t), "a")
}

func TestTheLimitIsOfWhatIsPlain(t *testing.T) {
	document := tokens("a")
	cache := open(t, temporary(t), &tokencache.Options{Cipher: newKey(t), MaxBytes: uint32(len(document))})
	must(cache.Commit(ctx, nil, document))(t)
	expectKeys(t, must(cache.Load(ctx))(t), "a")
	_, err := cache.Commit(ctx, nil, append(document, ' '))
	expectCode(t, err, tokencache.CodeDocumentTooLarge)
}
