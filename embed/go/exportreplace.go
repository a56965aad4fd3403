package tokencache

import (
	"bytes"
	"context"
	"math"
	"reflect"
	"sync/atomic"

	msal "github.com/AzureAD/microsoft-authentication-library-for-go/apps/cache"
)

// client is what a Cache knows of one MSAL client.
type client struct {
	// before is what its memory held when it was last replaced or exported; nil: it never was. Then everything in it is new, and nothing
	// counts as removed.
	before []byte
	// handed is the same as it is stored: MSAL spells some entities differently, and cannot read all there may be.
	handed []byte
	// owes: an export has begun, and what it brings is not in the view yet. It may have failed for its context, say.
	owes atomic.Bool
}

// Replace loads what is stored into a client's memory, and with it what this process knows and is not stored: changes that could not be
// stored yet, and what a damaged file has lost.
func (c *Cache) Replace(ctx context.Context, memory msal.Unmarshaler, _ msal.ReplaceHints) error {
	client := c.clientOf(memory)
	leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	marshaler, marshals := memory.(msal.Marshaler)
	if marshals && client.owes.Load() {
		_ = c.absorb(client, marshaler) // What cannot be merged is lost, and whoever exported it knows.
	}
	stored, err := c.load(ctx)
	if err != nil {
		return err
	}
	if err := c.rebase(stored); err != nil {
		return err
	}
	before := readable(c.view)
	if err := memory.Unmarshal(before); err != nil {
		return err
	}
	if marshals {
		if before, err = marshaler.Marshal(); err != nil {
			return err
		}
	}
	client.before, client.handed = before, c.view
	return nil
}

// Export stores what a client has changed in its memory since that was last replaced or exported. What cannot be stored is stored by
// the next export of any client, and stays in memory until then.
func (c *Cache) Export(ctx context.Context, memory msal.Marshaler, _ msal.ExportHints) error {
	client := c.clientOf(memory)
	client.owes.Store(true)
	leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if err := c.absorb(client, memory); err != nil {
		return err
	}
	if !c.pending {
		return nil
	}
	if _, err := c.write(ctx, "commit", nil, c.base, c.view); err != nil {
		return err
	}
	c.base, c.view, c.pending = c.stored, c.stored, false
	return nil
}

// clientOf returns a new one each time for a memory that cannot be told from others.
func (c *Cache) clientOf(memory any) *client {
	if !reflect.TypeOf(memory).Comparable() {
		return &client{}
	}
	known, _ := c.clients.LoadOrStore(memory, &client{})
	return known.(*client)
}

// absorb takes a change of a client's memory into the view.
func (c *Cache) absorb(client *client, memory msal.Marshaler) error {
	client.owes.Store(false)
	now, err := memory.Marshal()
	if err != nil {
		return err
	}
	base, ours := client.handed, now
	if client.before != nil {
		changed, err := c.merge(respelled(client.before, now, base), now, base)
		if err != nil {
			return err
		}
		ours = changed.Content
		// With the view's salvage marker: what the view lacks by now was removed, it is not lost.
		marked, err := c.merge(c.view, base, c.view)
		if err != nil {
			return err
		}
		base = marked.Content
	}
	merged, err := c.merge(base, ours, c.view)
	if err != nil {
		return err
	}
	// With it, and for good, nothing could be committed any more, not even a sign-out.
	if length := len(merged.Content); uint64(length) > uint64(c.options.MaxBytes) && length > len(c.view) {
		return &Error{Code: CodeDocumentTooLarge, Path: c.path}
	}
	// Not the view: memory lacks what others have added, and at the next export that would look removed.
	client.before, client.handed = now, ours
	c.view, c.pending = merged.Content, c.pending || !merged.Unchanged
	return nil
}

// rebase brings in what is stored. Also where nothing is pending: it may be what is left of a damaged document, and whoever still knows
// what that lacks puts it back, whichever process it was that salvaged it.
//
// What is put back must not look like news of ours when it is committed: another process may have put it back, and renewed it, by then.
// So base keeps it too, and goes without the salvage marker of what is stored: what is absent there then still counts as lost.
func (c *Cache) rebase(stored []byte) error {
	if stored == nil {
		stored = []byte("{}") // What others have removed is not to stay in memory.
	}
	if bytes.Equal(stored, c.base) {
		return nil
	}
	known, err := c.merge(c.base, c.base, stored)
	if err != nil {
		return err
	}
	view, base := known, stored
	if c.pending {
		if view, err = c.merge(c.base, c.view, stored); err != nil {
			return err
		}
	}
	if !known.Unchanged {
		union, err := c.merge(nil, stored, c.base)
		if err != nil {
			return err
		}
		base = union.Content
	}
	c.base, c.view, c.pending = base, view.Content, !view.Unchanged
	return nil
}

// merge needs no lock, and waits for nothing.
func (c *Cache) merge(base, ours, theirs []byte) (*Merged, error) {
	if c.merger == nil {
		maxBytes := uint32(min(2*uint64(c.options.MaxBytes), math.MaxUint32))
		instance, err := c.newInstance(maxBytes, foldersOf(c.path))
		if err != nil {
			return nil, err
		}
		c.merger = instance
	}
	r := c.merger.run("merge", nil, base, ours, theirs)
	if trap := c.merger.trap; trap != nil {
		c.giveUp()
		return nil, &Error{Code: CodeCoreTrap, Path: c.path, Err: trap}
	}
	if r.status != CodeOK.number() {
		return nil, failure(r, c.path, nil)
	}
	return mergedOf(r), nil
}
