// Package tokencache keeps the token cache of the Microsoft identity platform (MSAL) in a file and loses nothing: any number of processes
// in any of the languages of msal-extensions, killed holders, torn files. What happens is decided by the same WebAssembly module in all of
// them, which wazero runs here; nothing is compiled with C.
//
// A Cache is an ExportReplace of MSAL Go:
//
//	shared, err := tokencache.New("/home/me/.my-app/cache.json", nil)
//	app, err := public.New(clientID, public.WithCache(shared))
package tokencache

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	msal "github.com/AzureAD/microsoft-authentication-library-for-go/apps/cache"
)

const (
	defaultMaxBytes    = 64 << 20
	defaultLockTimeout = 10 * time.Second
	// The core cannot be interrupted while it waits for the lock, so it waits in slices, and between them the context is looked at.
	waitingSlice = 200 * time.Millisecond
)

// Options may be nil, and any of them left out.
type Options struct {
	// Cipher encrypts what is stored. Without one it is plain text, readable by its owner only.
	Cipher Cipher
	// LockTimeout is how long to wait for other processes, 10 s when 0. A context may end the wait earlier.
	LockTimeout time.Duration
	// MaxBytes is the largest document, 64 MiB when 0.
	MaxBytes uint32
}

// Cache is one file. It may be used by any number of goroutines and MSAL clients; use one Cache a file and process.
type Cache struct {
	path    string
	options Options
	// turn is held by whoever uses what is below. A channel, because waiting for it may be given up.
	turn chan struct{}
	// closing: whoever has the turn is to give back the memory.
	closing atomic.Bool
	core    *core
	// merger is for what clients change. What is pending and what others have stored may be as large as can be, each.
	merger *core
	// stored is what was last loaded or committed: the core says "unchanged" of it.
	stored []byte
	// base is what was stored when an MSAL client last asked; view is base with what clients have changed since, where that is pending.
	base, view []byte
	pending    bool
	// clients has a *client for each memory that was handed over. It needs no turn.
	clients sync.Map
}

// Merged tells what a commit made of what was stored, of base and ours.
type Merged struct {
	// Content is what is stored now. It is neither printed nor part of the JSON of a Merged: tokens do not belong into a log.
	Content []byte `json:"-"`
	// Unchanged: nothing had to be written.
	Unchanged bool
	// Salvaged: what was stored was damaged, and Content holds what could be saved of it. SetAside: the damaged original was kept.
	Salvaged, SetAside                 bool
	Added, Updated, Removed, Conflicts uint32
	// AccountsAdded and AccountsRemoved are keys of the section Account.
	AccountsAdded, AccountsRemoved []string
}

// Format prints how much was stored, and not what.
func (m Merged) Format(to fmt.State, _ rune) {
	fmt.Fprintf(to, "{%d bytes, unchanged: %t, salvaged: %t, set aside: %t, added: %d, updated: %d, removed: %d, conflicts: %d}",
		len(m.Content), m.Unchanged, m.Salvaged, m.SetAside, m.Added, m.Updated, m.Removed, m.Conflicts)
}

// Format prints where the cache is, and nothing that it holds.
func (c *Cache) Format(to fmt.State, _ rune) { fmt.Fprintf(to, "{%s}", c.path) }

// New returns the cache at path, where ~ is the home folder. Its folder is made where it is missing; the file is made by the first commit.
func New(path string, options *Options) (*Cache, error) {
	expanded, err := atHome(path)
	if err != nil {
		return nil, &Error{Code: CodeInvalidLocation, Path: path, Err: err}
	}
	absolute, err := filepath.Abs(throughLinks(expanded))
	// The engine opens no file of another name.
	if name := filepath.Base(path); err != nil || path == "" || !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
		return nil, &Error{Code: CodeInvalidLocation, Path: path, Err: err}
	}
	if options != nil && options.LockTimeout < 0 {
		return nil, &Error{Code: CodeBadArgument, Path: path, Err: errors.New("LockTimeout is negative")}
	}
	if err := makeFolder(filepath.Dir(absolute)); err != nil {
		return nil, err
	}
	c := &Cache{path: absolute, turn: make(chan struct{}, 1)}
	if options != nil {
		c.options = *options
	}
	if c.options.LockTimeout == 0 {
		c.options.LockTimeout = defaultLockTimeout
	}
	if c.options.MaxBytes == 0 {
		c.options.MaxBytes = defaultMaxBytes
	}
	return c, nil
}

// Load returns what is stored, nil where nothing is.
func (c *Cache) Load(ctx context.Context) ([]byte, error) {
	leave, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	stored, err := c.load(ctx)
	return bytes.Clone(stored), err
}

// Commit merges three ways and stores the result: what ours changed since base is applied to what is stored by now. base nil: nothing is
// known of the past, and the newest of each entity wins. ours nil is CodeBadArgument.
func (c *Cache) Commit(ctx context.Context, base, ours []byte) (*Merged, error) {
	if ours == nil { // As an empty document it would remove everything.
		return nil, &Error{Code: CodeBadArgument, Path: c.path, Err: errors.New("there is nothing to store")}
	}
	leave, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	return c.write(ctx, "commit", nil, base, ours)
}

// Update hands what is stored to edit, nil where nothing is, and stores what edit returns, nil to remove everything but members that are
// no section, which stay whatever edit leaves out; no other process can write meanwhile. edit must not use the cache. It is called again
// should the lock be lost, which takes a process that was stopped for seconds.
func (c *Cache) Update(ctx context.Context, edit func(stored []byte) ([]byte, error)) (*Merged, error) {
	if edit == nil {
		return nil, &Error{Code: CodeBadArgument, Path: c.path, Err: errors.New("there is no function")}
	}
	leave, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	return c.write(ctx, "update", edit)
}

// Clear removes the file. Nothing stored is no error.
func (c *Cache) Clear(ctx context.Context) error {
	leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if _, err = c.run(ctx, "clear", nil); err != nil && !hasCode(err, CodeNotFound) {
		return err
	}
	c.stored = nil
	return nil
}

// Close gives back the memory of the cache's instance. It waits for nobody: where the cache is in use, in the function handed to Update say,
// whoever uses it gives it back afterwards. The cache can still be used, and then takes it again.
func (c *Cache) Close() {
	c.closing.Store(true)
	select {
	case c.turn <- struct{}{}:
		c.leave()
	default:
	}
}

func (c *Cache) leave() {
	if c.closing.Swap(false) {
		c.giveUp()
	}
	<-c.turn
	if c.closing.Load() { // since it was looked at
		c.Close()
	}
}

// enter waits for the goroutine's turn.
func (c *Cache) enter(ctx context.Context) (leave func(), err error) {
	leave = c.leave
	select {
	case c.turn <- struct{}{}:
		return leave, nil
	default:
	}
	timeout := time.NewTimer(c.options.LockTimeout)
	defer timeout.Stop()
	select {
	case c.turn <- struct{}{}:
		return leave, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-timeout.C:
		return nil, &Error{Code: CodeLockTimeout, Path: c.path, Err: errors.New("another goroutine uses it, or the function handed to Update does")}
	}
}

func (c *Cache) load(ctx context.Context) ([]byte, error) {
	r, err := c.run(ctx, "load", nil)
	if err != nil {
		return nil, err
	}
	if !r.has(flagUnchanged) {
		c.stored = contentOf(r)
	}
	return c.stored, nil
}

func (c *Cache) write(ctx context.Context, operation string, edit editor, arguments ...any) (*Merged, error) {
	r, err := c.run(ctx, operation, edit, arguments...)
	if err != nil {
		return nil, err
	}
	c.stored = bytes.Clone(contentOf(r))
	return mergedOf(r), nil
}

func contentOf(r *result) []byte {
	if !r.has(flagHasDocument) {
		return nil
	}
	return r.data
}

func mergedOf(r *result) *Merged {
	m := &Merged{
		AccountsAdded: []string{}, AccountsRemoved: []string{},
		Content: r.data, Unchanged: r.has(flagUnchanged), Salvaged: r.has(flagSalvaged), SetAside: r.has(flagSetAside),
		Added: r.added, Updated: r.updated, Removed: r.removed, Conflicts: r.conflicts,
	}
	_ = json.Unmarshal(r.detail, m) // {"accountsAdded":[…],"accountsRemoved":[…]}, or nothing
	return m
}

type editor func(stored []byte) ([]byte, error)

// run performs an operation, again and again until it has the lock.
func (c *Cache) run(ctx context.Context, operation string, edit editor, arguments ...any) (*result, error) {
	deadline := time.Now().Add(c.options.LockTimeout)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := c.attempt(operation, edit, arguments...)
		if !hasCode(err, CodeLockTimeout) || !time.Now().Before(deadline) {
			return r, err
		}
	}
}

func (c *Cache) attempt(operation string, edit editor, arguments ...any) (*result, error) {
	folders := foldersOf(c.path)
	if operation == "commit" || operation == "update" || operation == "clear" {
		for _, folder := range folders { // Somebody may have removed them since.
			if err := makeFolder(folder); err != nil {
				return nil, err
			}
		}
	}
	if err := c.instantiate(folders); err != nil {
		return nil, err
	}
	var cause error
	r := c.core.run(operation, func(asked request) (o outcome) {
		o, cause = c.answer(asked, edit)
		return o
	}, arguments...)
	if trap := c.core.trap; trap != nil {
		c.giveUp()
		return nil, &Error{Code: CodeCoreTrap, Path: c.path, Err: trap}
	}
	if r.status != CodeOK.number() {
		return nil, failure(r, c.path, cause)
	}
	return r, nil
}

// answer does what only we can do for the core.
func (c *Cache) answer(asked request, edit editor) (outcome, error) {
	var answered []byte
	var err error
	var otherwise Code
	switch asked.kind {
	case requestProtect:
		otherwise = CodeProtectFailed
		answered, err = c.options.Cipher.Protect(asked.bytes)
	case requestUnprotect:
		otherwise = CodeUnprotectFailed
		answered, err = c.options.Cipher.Unprotect(asked.bytes)
	case requestEdit:
		otherwise = CodeCallbackFailed
		if len(asked.bytes) == 0 {
			asked.bytes = nil
		}
		answered, err = edit(asked.bytes)
	case requestProcessAlive:
		if processAlive(asked.value) {
			return outcome{status: CodeAlive.number()}, nil
		}
		return outcome{status: CodeDead.number()}, nil
	default:
		return outcome{status: CodeNotSupported.number()}, nil
	}
	switch {
	case err != nil && asked.kind == requestEdit, err == nil && answered == nil && asked.kind != requestEdit:
		return outcome{status: otherwise.number()}, err
	case err != nil:
		return outcome{status: codeOf(err, otherwise).number()}, err
	}
	return outcome{bytes: answered}, nil
}

// instantiate makes the instance, unless there is one that sees these folders.
func (c *Cache) instantiate(folders []string) error {
	if c.core != nil && slices.Equal(c.core.folders, folders) {
		return nil
	}
	c.giveUp()
	instance, err := c.newInstance(c.options.MaxBytes, folders)
	c.core = instance
	return err
}

func (c *Cache) newInstance(maxBytes uint32, folders []string) (*core, error) {
	instance, err := newCore(maxBytes, folders...)
	if err != nil {
		return nil, &Error{Code: CodeCoreTrap, Path: c.path, Err: err}
	}
	flags := uint32(openProcessesAsked)
	if c.options.Cipher != nil {
		flags |= openProtected
	}
	slice := uint32(min(waitingSlice, c.options.LockTimeout).Milliseconds())
	status := instance.open(c.path, slice, flags, uint32(os.Getpid()), filepath.Base(os.Args[0]))
	if status != CodeOK.number() {
		instance.close()
		return nil, failure(&result{status: status}, c.path, nil)
	}
	return instance, nil
}

func (c *Cache) giveUp() {
	for _, instance := range []*core{c.core, c.merger} {
		if instance != nil {
			instance.close()
		}
	}
	c.core, c.merger, c.stored = nil, nil, nil
}

var _ msal.ExportReplace = (*Cache)(nil)
