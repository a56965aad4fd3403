package tokencache

import (
	"context"
	"reflect"

	msal "github.com/AzureAD/microsoft-authentication-library-for-go/apps/cache"
)

// Replace loads what is stored into a client's memory.
func (c *Cache) Replace(ctx context.Context, memory msal.Unmarshaler, _ msal.ReplaceHints) error {
	leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	stored, err := c.load(ctx)
	if err != nil {
		return err
	}
	if stored == nil {
		stored = []byte("{}") // What others have removed is not to stay in memory.
	}
	if err := memory.Unmarshal(stored); err != nil {
		return err
	}
	base := stored
	// MSAL spells some entities differently from whoever stored them. What it holds right now is what its changes start from.
	if marshaler, ok := memory.(msal.Marshaler); ok {
		if base, err = marshaler.Marshal(); err != nil {
			return err
		}
	}
	c.remember(memory, base)
	return nil
}

// Export stores what a client has changed in its memory since that was last replaced or exported.
func (c *Cache) Export(ctx context.Context, memory msal.Marshaler, _ msal.ExportHints) error {
	leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	ours, err := memory.Marshal()
	if err != nil {
		return err
	}
	if _, err = c.write(ctx, "commit", nil, c.base(memory), ours); err != nil {
		return err
	}
	// Not the merged document: memory lacks what others have added, and at the next export that would look removed.
	c.remember(memory, ours)
	return nil
}

// base returns nil for a memory that this cache has not seen: then everything in it is new, and nothing counts as removed.
func (c *Cache) base(memory any) []byte {
	if !reflect.TypeOf(memory).Comparable() {
		return nil
	}
	return c.bases[memory]
}

func (c *Cache) remember(memory any, base []byte) {
	if reflect.TypeOf(memory).Comparable() {
		c.bases[memory] = base
	}
}
