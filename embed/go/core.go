package tokencache

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental/sysfs"
)

//go:embed core.wasi.wasm
var module []byte

// What the core asks its embedder for, and the bits of open and of a result (docs/wasi.md).
const (
	requestProtect      = 1
	requestUnprotect    = 2
	requestEdit         = 3
	requestProcessAlive = 4

	openProtected      = 1
	openProcessesAsked = 2

	flagUnchanged   = 1
	flagSalvaged    = 2
	flagSetAside    = 4
	flagHasDocument = 8
)

// As often as other holders of a lease renew it (docs/lock.md).
const renewalInterval = 2 * time.Second

// engine compiles the core once for all caches of the process. A call of the core is never cancelled: it may hold the lock.
var engine = sync.OnceValues(func() (func(folders []folder) (api.Module, error), error) {
	ctx := context.Background()
	engine, compiled, err := compile(ctx)
	if err != nil {
		return nil, err
	}
	return func(folders []folder) (api.Module, error) {
		mounts := wazero.NewFSConfig()
		for _, folder := range folders {
			mounts = mounts.(sysfs.FSConfig).WithSysFSMount(folder, guestPath(folder.path))
		}
		config := wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize").
			WithSysWalltime().WithSysNanotime().WithSysNanosleep().WithRandSource(rand.Reader).WithFSConfig(mounts)
		return engine.InstantiateModule(ctx, compiled, config)
	}, nil
})

// guestPath is the name of a file inside the module: what it is called outside, with slashes.
func guestPath(path string) string { return "/" + strings.TrimPrefix(filepath.ToSlash(path), "/") }

// core is one instance of the module, for one goroutine at a time.
type core struct {
	module   api.Module
	maxBytes uint32
	folders  []string
	shortage *shortage
	// trap is why the instance is of no more use: every further call does nothing.
	trap error
}

// request is something that only the embedder can do.
type request struct {
	kind  uint32
	bytes []byte
	value uint32
}

// outcome is the answer to one.
type outcome struct {
	status uint32
	bytes  []byte
}

type result struct {
	status, document, offset, flags    uint32
	added, updated, removed, conflicts uint32
	data, detail                       []byte
}

func (r *result) has(flag uint32) bool { return r.flags&flag != 0 }

// newCore makes an instance that sees these folders and nothing else.
func newCore(maxBytes uint32, folders ...string) (*core, error) {
	instantiate, err := engine()
	if err != nil {
		return nil, err
	}
	c := &core{maxBytes: maxBytes, folders: folders, shortage: &shortage{}}
	mounted := make([]folder, len(folders))
	for i, path := range folders {
		mounted[i] = newFolder(path, c.shortage)
	}
	if c.module, err = instantiate(mounted); err != nil {
		return nil, err
	}
	// wazero keeps every instance, its memory and its folder, open until it is closed, and nobody need close a Cache.
	runtime.AddCleanup(c, func(module api.Module) { _ = module.Close(context.Background()) }, c.module)
	if version := c.call("abi_version"); version != abiVersion {
		return nil, fmt.Errorf("the core speaks version %d of its interface, not %d", version, abiVersion)
	}
	return c, nil
}

func (c *core) close() { _ = c.module.Close(context.Background()) }

// open tells the instance which cache it serves and what to write into its lock file.
func (c *core) open(path string, timeoutMs, flags, pid uint32, program string) (status uint32) {
	defer c.call("reset")
	words, status := c.words([]byte(guestPath(path)))
	if status == 0 {
		status = c.call("open", append(words, uint64(c.maxBytes), uint64(timeoutMs), uint64(flags))...)
	}
	if status != 0 {
		return status
	}
	if words, status = c.words([]byte(program)); status != 0 {
		return status
	}
	return c.call("identify", append([]uint64{uint64(pid)}, words...)...)
}

// run performs an operation to its end. Arguments are documents ([]byte, nil: none) and numbers (float64). Where answer panics, the reset
// gives the operation up and its lock back.
func (c *core) run(operation string, answer func(request) outcome, arguments ...any) *result {
	defer c.call("reset")
	*c.shortage = shortage{}
	words, status := c.words(arguments...)
	if status != 0 {
		return &result{status: status}
	}
	for pending := c.call(operation, words...); pending == 1; {
		pending = c.resume(c.answered(answer, c.request()))
	}
	r := c.result()
	if c.shortage.code != "" && r.status == CodeIOError.number() {
		r.status = c.shortage.code.number()
	}
	return r
}

// answered has the lock renewed while the embedder takes its time. The core is not called for anything else meanwhile.
func (c *core) answered(answer func(request) outcome, asked request) outcome {
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for tick := time.NewTicker(renewalInterval); ; {
			select {
			case <-tick.C:
				c.call("renew")
			case <-done:
				tick.Stop()
				return
			}
		}
	}()
	defer func() {
		close(done)
		<-stopped
	}()
	return answer(asked)
}

func (c *core) resume(o outcome) uint32 {
	pointer, status := c.put(o.bytes)
	if o.status != 0 || status != 0 {
		return c.call("resume", uint64(max(o.status, status)), 0, 0)
	}
	return c.call("resume", 0, pointer, uint64(len(o.bytes)))
}

// call calls an export. What the module cannot go on from is kept in trap.
func (c *core) call(name string, arguments ...uint64) uint32 {
	if c.trap != nil {
		return 0
	}
	results, err := c.module.ExportedFunction(name).Call(context.Background(), arguments...)
	if c.trap = err; err != nil || len(results) == 0 {
		return 0
	}
	return uint32(results[0])
}

// words copies documents into the core's arena and returns what an export takes for its arguments. The status is not 0 where there is no
// room.
func (c *core) words(arguments ...any) (words []uint64, status uint32) {
	for _, argument := range arguments {
		switch argument := argument.(type) {
		case float64:
			words = append(words, math.Float64bits(argument))
		case []byte:
			at, refused := c.put(argument)
			words = append(words, at, uint64(len(argument)))
			status = max(status, refused)
		}
	}
	return words, status
}

func (c *core) put(bytes []byte) (pointer uint64, status uint32) {
	if bytes == nil {
		return 0, 0
	}
	if uint64(len(bytes)) > math.MaxUint32 {
		return 0, CodeDocumentTooLarge.number()
	}
	// What is encrypted may be longer than the limit: the core knows by how much.
	at := c.call("alloc", uint64(len(bytes)))
	switch {
	case at == 0 && uint64(len(bytes)) > uint64(c.maxBytes):
		return 0, CodeDocumentTooLarge.number()
	case at == 0:
		return 0, CodeOutOfMemory.number()
	}
	c.module.Memory().Write(at, bytes)
	return uint64(at), 0
}

// get returns a copy: memory may be cleared at the next call.
func (c *core) get(pointer, length uint32) []byte {
	view, _ := c.module.Memory().Read(pointer, length)
	return append(make([]byte, 0, length), view...)
}

func (c *core) record(export string, length uint32) func(at int) uint32 {
	record := c.get(c.call(export), length)
	return func(at int) uint32 { return binary.LittleEndian.Uint32(record[at:]) }
}

func (c *core) request() request {
	word := c.record("request", 16)
	return request{kind: word(0), bytes: c.get(word(4), word(8)), value: word(12)}
}

func (c *core) result() *result {
	word := c.record("result", 64)
	if c.trap != nil {
		return &result{status: CodeCoreTrap.number()}
	}
	return &result{
		status: word(0), document: word(4), offset: word(8), flags: word(20),
		added: word(24), updated: word(28), removed: word(32), conflicts: word(36),
		data: c.get(word(12), word(16)), detail: c.get(word(40), word(44)),
	}
}
