package tokencache

import (
	"encoding/json"
	"sync"
	"time"
)

// Inspection tells what a document holds. There are no secrets in it.
type Inspection struct {
	Bytes               int                          `json:"bytes"`
	Entities            map[string]int               `json:"entities"`
	ExpiredAccessTokens int                          `json:"expiredAccessTokens"`
	Foreign             []string                     `json:"foreign"`
	Accounts            []map[string]json.RawMessage `json:"accounts"`
}

// documents are worked on without a store, and without waiting for anything, so one instance is enough.
var pure struct {
	sync.Mutex
	core *core
}

// Merge applies what ours changed since base to theirs. nil: there is none.
func Merge(base, ours, theirs []byte) (*Merged, error) {
	r, err := runPure("merge", base, ours, theirs)
	if err != nil {
		return nil, err
	}
	return mergedOf(r), nil
}

// Salvage returns whatever was complete in a damaged document.
func Salvage(document []byte) ([]byte, error) {
	r, err := runPure("salvage", document)
	if err != nil {
		return nil, err
	}
	return r.data, nil
}

// Inspect tells what a document holds.
func Inspect(document []byte, now time.Time) (*Inspection, error) {
	r, err := runPure("inspect", document, float64(now.UnixMilli())/1000)
	if err != nil {
		return nil, err
	}
	inspection := &Inspection{}
	return inspection, json.Unmarshal(r.detail, inspection)
}

func runPure(operation string, arguments ...any) (*result, error) {
	pure.Lock()
	defer pure.Unlock()
	if pure.core == nil {
		instance, err := newCore(defaultMaxBytes)
		if err != nil {
			return nil, &Error{Code: CodeCoreTrap, Err: err}
		}
		pure.core = instance
	}
	r := pure.core.run(operation, nil, arguments...)
	if trap := pure.core.trap; trap != nil {
		pure.core.close()
		pure.core = nil
		return nil, &Error{Code: CodeCoreTrap, Err: trap}
	}
	if r.status != CodeOK.number() {
		return nil, failure(r, "", nil)
	}
	return r, nil
}
