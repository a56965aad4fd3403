package main

import (
	"context"
	"encoding/binary"
	"os"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

var ctx = context.Background()

// script is what a trace is played from: starts of operations, and outcomes of the calls they make.
type script struct {
	Now, Random         float64
	MaxBytes, TimeoutMs uint32
	Cipher              bool
	Script              []struct {
		Start         *string
		Base, Ours    []byte
		BaseIsCurrent bool
		Status        uint32
		Payload       []byte
		PassMs        float64
	}
}

// stage is a core whose host interface (docs/host-interface.md) does nothing but write down what is asked of it.
type stage struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	script
	observed []any
	// op is the call that waits for an outcome.
	op   uint32
	owed bool
}

// The asynchronous imports, and what each is given after the number of the operation: nothing, a value, or bytes.
var imports = map[string]map[string]string{
	"store":   {"stat": "", "read": "", "replace": "bytes", "remove": "", "set_aside": ""},
	"cipher":  {"protect": "bytes", "unprotect": "bytes"},
	"lock":    {"create": "", "inspect": "", "take_over": "bytes", "check": "", "touch": "", "release": "", "wait": "value", "process_alive": "value"},
	"clock":   {"sleep": "value"},
	"session": {"edit": "bytes"},
}

func newStage(path string) (*stage, error) {
	module, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := &stage{runtime: wazero.NewRuntime(ctx)}
	if s.compiled, err = s.runtime.CompileModule(ctx, module); err != nil {
		return nil, err
	}
	for group, names := range imports {
		builder := s.runtime.NewHostModuleBuilder(group)
		for name, given := range names {
			builder.NewFunctionBuilder().WithFunc(s.recorder(group+"."+name, given)).Export(name)
		}
		if group == "clock" {
			builder.NewFunctionBuilder().WithFunc(func() float64 { return s.Now }).Export("now")
			builder.NewFunctionBuilder().WithFunc(func() float64 { return s.Random }).Export("random")
		}
		if _, err := builder.Instantiate(ctx); err != nil {
			return nil, err
		}
	}
	write := func(_, code, _, _ uint32) { s.observe("log", code) }
	_, err = s.runtime.NewHostModuleBuilder("log").NewFunctionBuilder().WithFunc(write).Export("write").Instantiate(ctx)
	return s, err
}

func (s *stage) recorder(name, given string) func(context.Context, api.Module, uint32, uint32, uint32) {
	return func(_ context.Context, core api.Module, op, first, length uint32) {
		call := map[string]any{"call": name}
		switch given {
		case "value":
			call["value"] = first
		case "bytes":
			call["bytes"] = read(core, first, length)
		}
		s.observed = append(s.observed, call)
		s.op, s.owed = op, true
	}
}

func (s *stage) observe(what string, value any) {
	s.observed = append(s.observed, map[string]any{what: value})
}

// play plays a script on a fresh instance.
func (s *stage) play(script script) ([]any, error) {
	core, err := s.runtime.InstantiateModule(ctx, s.compiled, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		return nil, err
	}
	defer core.Close(ctx)
	s.script, s.observed, s.owed = script, []any{}, false
	call(core, "configure", uint64(s.MaxBytes), uint64(s.TimeoutMs), 0)
	call(core, "configure_cipher", number(s.Cipher))
	for len(s.Script) > 0 {
		switch {
		case s.Script[0].Start == nil:
			s.observe("stopped", "an answer that nobody waits for")
			return s.observed, nil
		case !s.operate(core):
			s.observe("stopped", "a call without an answer")
			return s.observed, nil
		}
	}
	return s.observed, nil
}

// operate plays one operation. False: the core called what the script has no answer for.
func (s *stage) operate(core api.Module) bool {
	if refused := s.start(core); refused != 0 {
		s.observe("refused", refused)
	} else {
		for call(core, "poll") == 0 {
			if !s.owed || !s.complete(core) {
				return false
			}
		}
		s.observe("end", end(core))
	}
	call(core, "reset")
	return true
}

func (s *stage) start(core api.Module) uint32 {
	next := s.Script[0]
	s.Script = s.Script[1:]
	if *next.Start != "commit" {
		return call(core, *next.Start)
	}
	var base uint64
	if next.Base != nil {
		base = put(core, next.Base)
	}
	ours := put(core, next.Ours)
	return call(core, "commit", base, uint64(len(next.Base)), ours, uint64(len(next.Ours)), number(next.BaseIsCurrent))
}

func (s *stage) complete(core api.Module) bool {
	if len(s.Script) == 0 || s.Script[0].Start != nil {
		return false
	}
	outcome := s.Script[0]
	s.Script, s.owed = s.Script[1:], false
	s.Now += outcome.PassMs
	pointer := put(core, outcome.Payload)
	call(core, "complete", uint64(s.op), uint64(outcome.Status), pointer, uint64(len(outcome.Payload)))
	return true
}

func end(core api.Module) map[string]any {
	record := read(core, call(core, "result"), 64)
	part := func(at int) []byte {
		return read(core, binary.LittleEndian.Uint32(record[at:]), binary.LittleEndian.Uint32(record[at+4:]))
	}
	return map[string]any{"record": record, "data": part(12), "detail": string(part(40))}
}

func call(core api.Module, name string, arguments ...uint64) uint32 {
	results, err := core.ExportedFunction(name).Call(ctx, arguments...)
	must(err)
	if len(results) == 0 {
		return 0
	}
	return uint32(results[0])
}

func put(core api.Module, bytes []byte) uint64 {
	pointer := call(core, "alloc", uint64(len(bytes)))
	core.Memory().Write(pointer, bytes)
	return uint64(pointer)
}

func read(core api.Module, pointer, length uint32) []byte {
	view, _ := core.Memory().Read(pointer, length)
	return append([]byte{}, view...)
}

func number(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
