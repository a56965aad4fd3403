"""Answers the runner protocol: spec-tests/runner/README.md.

    python runner.py <repository>/dist/core.portable.wasm

Everything pure runs on core.wasi.wasm, as the package has it. Traces drive core.portable.wasm: spec-tests/wasmtime.
"""
import base64
import json
import sys
from pathlib import Path

from msal_extensions_wasm import CacheMerger, PersistenceError

PORTABLE = Path(sys.argv[1]).resolve()
sys.path.append(str(PORTABLE.parents[1] / "spec-tests/wasmtime"))

from core import CompiledCore  # noqa: E402
from questions import answer as play  # noqa: E402

KINDS = ["json", "merge", "salvage", "inspect", "lock", "session"]
DESCRIPTION = {"name": "msal-extensions-wasm", "language": "Python", "suiteVersion": 1, "capabilities": KINDS}


def decoded(document):
    return None if document is None else base64.b64decode(document)


def encoded(content):
    return base64.b64encode(content).decode()


def merge(merger, question):
    merged = merger.merge(decoded(question["base"]), decoded(question["ours"]), decoded(question["theirs"]))
    return {
        "content": encoded(merged.content),
        "unchanged": merged.unchanged,
        "added": merged.added,
        "updated": merged.updated,
        "removed": merged.removed,
        "conflicts": merged.conflicts,
        "accountsAdded": merged.accounts_added,
        "accountsRemoved": merged.accounts_removed,
    }


def salvage(merger, question):
    return {"content": encoded(merger.salvage(decoded(question["document"])))}


def inspect(merger, question):
    return merger.inspect(decoded(question["document"]), question["nowSeconds"])


PURE = {"merge": merge, "salvage": salvage, "inspect": inspect}


def refusal(error):
    found = {"code": error.code}
    if error.document is not None:
        found["document"] = error.document
    if error.code.startswith("json_"):
        found["offset"] = error.offset
    return found


def answer(question, merger, portable):
    if "describe" in question:
        return DESCRIPTION
    if question["run"] == "trace":
        return play(portable, question)
    try:
        return {"id": question["id"], "result": PURE[question["run"]](merger, question)}
    except PersistenceError as error:
        return {"id": question["id"], "error": refusal(error)}


def main():
    merger, portable = CacheMerger(), CompiledCore(PORTABLE.name)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), merger, portable)), flush=True)


main()
