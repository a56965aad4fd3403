"""The runner protocol on a build of the core under wasmtime: runner.py core.wasm"""

import json
import sys

from core import CompiledCore
from questions import answer, ask, fresh, to_text

DESCRIPTION = {
    "name": f"wasmtime {sys.argv[1]}",
    "language": "Python",
    "suiteVersion": 1,
    "capabilities": ["json", "merge", "salvage", "inspect", "lock", "session"],
}


def reply(compiled, message):
    if "describe" in message:
        return DESCRIPTION
    if "raw" in message:  # not of the protocol: the whole result record, to be held against another engine's
        _words, *outcome = ask(fresh(compiled), message["raw"])
        return [to_text(part) for part in outcome]
    return answer(compiled, message)


def main():
    compiled = CompiledCore(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(reply(compiled, json.loads(line))), flush=True)


main()
