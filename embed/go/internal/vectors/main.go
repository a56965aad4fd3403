// Command vectors answers the questions of the runner protocol (spec-tests/runner/README.md). Its argument is the build of the core that traces
// are played on: core.portable.wasm.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"

	tokencache "msal-extensions/embed/go"
)

// question is any line of the driver. Bytes are base64; null means that there is no such document.
type question struct {
	Describe                     bool
	ID, Run                      string
	Base, Ours, Theirs, Document []byte
	NowSeconds                   float64
	script
}

type answer struct {
	ID     string    `json:"id"`
	Result any       `json:"result,omitempty"`
	Trace  []any     `json:"trace,omitempty"`
	Error  *mistaken `json:"error,omitempty"`
}

type mistaken struct {
	Code     tokencache.Code `json:"code"`
	Document string          `json:"document,omitempty"`
	Offset   *uint32         `json:"offset,omitempty"`
}

var description = map[string]any{
	"name": "wazero", "language": "Go", "suiteVersion": 1,
	"capabilities": []string{"json", "merge", "salvage", "inspect", "lock", "session"},
}

func main() {
	stage, err := newStage(os.Args[1])
	must(err)
	out := json.NewEncoder(os.Stdout)
	for in := bufio.NewReader(os.Stdin); ; {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return
		}
		must(err)
		var q question
		must(json.Unmarshal(line, &q))
		if q.Describe {
			must(out.Encode(description))
			continue
		}
		must(out.Encode(q.answer(stage)))
	}
}

func (q question) answer(stage *stage) answer {
	if q.Run == "trace" {
		trace, err := stage.play(q.script)
		must(err)
		return answer{ID: q.ID, Trace: trace}
	}
	result, err := q.result()
	if err == nil {
		return answer{ID: q.ID, Result: result}
	}
	var refusal *tokencache.Error
	if !errors.As(err, &refusal) {
		must(err)
	}
	m := &mistaken{Code: refusal.Code, Document: refusal.Document}
	if strings.HasPrefix(string(refusal.Code), "json_") {
		m.Offset = &refusal.Offset
	}
	return answer{ID: q.ID, Error: m}
}

func (q question) result() (any, error) {
	switch q.Run {
	case "merge":
		merged, err := tokencache.Merge(q.Base, q.Ours, q.Theirs)
		if err != nil {
			return nil, err
		}
		return map[string]any{
			"content": merged.Content, "unchanged": merged.Unchanged,
			"added": merged.Added, "updated": merged.Updated, "removed": merged.Removed, "conflicts": merged.Conflicts,
			"accountsAdded": merged.AccountsAdded, "accountsRemoved": merged.AccountsRemoved,
		}, nil
	case "salvage":
		content, err := tokencache.Salvage(q.Document)
		return map[string]any{"content": content}, err
	case "inspect":
		return tokencache.Inspect(q.Document, time.UnixMilli(int64(q.NowSeconds*1000)))
	}
	return nil, fmt.Errorf("%q is no question", q.Run)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
