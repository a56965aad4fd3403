"""What a runner is asked (spec-tests/runner/README.md), answered by a build of the core under wasmtime."""

import json
from base64 import b64decode, b64encode

from core import DEFAULT_MAX_BYTES, STATUS, STATUS_NAME, Core

ROLES = ["theirs", "base", "ours"]
STATES = ["load", "update", "clear", "lock", "unlock", "renew"]
MERGED = ["added", "updated", "removed", "conflicts"]


def to_text(data):
    return b64encode(data).decode("ascii")


def to_bytes(text):
    return None if text is None else b64decode(text)


def fresh(compiled, max_bytes=DEFAULT_MAX_BYTES, timeout_ms=10_000):
    core = Core(compiled)
    core.configure(max_bytes, timeout_ms, 0)
    return core


def ask(core, question):
    """Merges, salvages or inspects; the outcome as the core leaves it."""
    run = question["run"]
    if run == "merge":
        theirs, ours, base = (core.put(to_bytes(question[role])) for role in ("theirs", "ours", "base"))
        core.merge(*base, *ours, *theirs)
    elif run == "salvage":
        core.salvage(*core.put(to_bytes(question["document"])))
    else:
        core.inspect(*core.put(to_bytes(question["document"])), float(question["nowSeconds"]))
    outcome = core.words(), *core.outcome()
    core.reset()
    return outcome


def answer(compiled, question):
    if question["run"] == "trace":
        return {"id": question["id"], "trace": Trace(compiled, question).play()}
    words, _record, data, detail = ask(fresh(compiled), question)
    if words[0] != STATUS["ok"]:
        return {"id": question["id"], "error": refusal(words)}
    return {"id": question["id"], "result": result(question["run"], words, data, detail)}


def refusal(words):
    code = STATUS_NAME[words[0]]
    error = {"code": code}
    if code.startswith("json_") or code == "not_a_cache":
        error["document"] = ROLES[words[1]]
    if code.startswith("json_"):
        error["offset"] = words[2]
    return error


def result(run, words, data, detail):
    if run == "inspect":
        return json.loads(detail)
    content = {"content": to_text(data)}
    if run == "salvage":
        return content
    accounts = json.loads(detail) if detail else {"accountsAdded": [], "accountsRemoved": []}
    counts = dict(zip(MERGED, words[6:10]))
    return {**content, "unchanged": bool(words[5] & 1), **counts, **accounts}


class Trace:
    """Plays a script on a fresh instance and notes what the core does, in order."""

    def __init__(self, compiled, question):
        self.script = list(question["script"])
        self.noted = []
        self.owed = None
        self.core = fresh(compiled, question["maxBytes"], question["timeoutMs"])
        self.core.on_call, self.core.on_log = self.called, lambda code: self.noted.append({"log": code})
        self.core.now, self.core.random = question["now"], question["random"]
        self.core.configure_cipher(1 if question["cipher"] else 0)

    def called(self, call):
        note = {"call": call.name}
        if call.value is not None:
            note["value"] = call.value
        if call.data is not None:
            note["bytes"] = to_text(call.data)
        self.noted.append(note)
        self.owed = call.op

    def play(self):
        while self.script:
            step = self.script.pop(0)
            if "start" not in step:
                return [*self.noted, {"stopped": "an answer that nobody waits for"}]
            if not self.operate(step):
                return [*self.noted, {"stopped": "a call without an answer"}]
        return self.noted

    def operate(self, step):
        """False: the core called what the script has no answer for."""
        refused = self.start(step)
        if refused:
            self.noted.append({"refused": refused})
        else:
            while self.core.poll() == 0:
                if not self.complete():
                    return False
            self.noted.append({"end": self.end()})
        self.core.reset()
        return True

    def start(self, step):
        if step["start"] != "commit":
            return getattr(self.core, step["start"])()
        base, ours = self.core.put(to_bytes(step.get("base"))), self.core.put(to_bytes(step.get("ours", "")))
        return self.core.commit(*base, *ours, 1 if step.get("baseIsCurrent") else 0)

    def complete(self):
        if not self.script or "start" in self.script[0] or self.owed is None:
            return False
        outcome = self.script.pop(0)
        self.core.now += outcome["passMs"]
        op, self.owed = self.owed, None
        self.core.complete(op, outcome["status"], *self.core.put(to_bytes(outcome["payload"])))
        return True

    def end(self):
        record, data, detail = self.core.outcome()
        return {"record": to_text(record), "data": to_text(data), "detail": detail.decode()}
