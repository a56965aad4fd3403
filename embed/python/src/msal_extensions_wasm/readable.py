"""What MSAL can work with of a document. The rest stays where it is stored, and what MSAL finds must not depend on it."""
from __future__ import annotations

import json
import re
import secrets
import sys
from typing import Any

SECTIONS = ("Account", "IdToken", "AccessToken", "RefreshToken", "AppMetadata")

_MARK = secrets.token_hex(16)  # so no document has it
_MARKED = re.compile(f'"{_MARK}([^"]+)"')


def readable(document: bytes) -> str:
    """Without sections and entities that are no objects, over which MSAL stumbles, and with numbers that it can write again."""
    members: dict[str, Any] = json.loads(document.decode("utf-8-sig") or "{}", parse_int=_integer, parse_float=_number)
    for name in SECTIONS:
        section = members.pop(name, None)
        if isinstance(section, dict):
            members[name] = {key: entity for key, entity in section.items() if type(entity) is dict}
    return json.dumps(members)


def respelled(before: str, now: str, stored: bytes) -> bytes:
    """`before`, each entity that `now` lacks in the spelling of `stored`: then it has been removed, and is not another one."""
    members, left, spelled = (_with_marked_numbers(document) for document in (before, now, stored.decode("utf-8-sig") or "{}"))
    for name in SECTIONS:
        entities = members.get(name, {})
        for key in entities.keys() - left.get(name, {}).keys():
            entities[key] = spelled.get(name, {}).get(key, entities[key])
    return _MARKED.sub(r"\1", json.dumps(members)).encode()


def _integer(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:  # Python reads no more than 4,300 digits
        return _number(text)


def _number(text: str) -> float:
    """Not infinite, which JSON has no word for: `1e999` is the largest there is."""
    return max(-sys.float_info.max, min(float(text), sys.float_info.max))


def _with_marked_numbers(document: str) -> dict[str, Any]:
    """As strings they keep their spelling."""
    members: dict[str, Any] = json.loads(document, parse_int=_MARK.__add__, parse_float=_MARK.__add__)
    return members
