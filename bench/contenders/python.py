"""An application on MSAL Python with its msal-extensions: see orders.ts. `silent` it cannot be asked, its calls block."""
import base64
import hashlib
import json
import logging
import os
import sys
import time

import msal
from msal_extensions import CrossPlatLock, FilePersistence, LibsecretPersistence, PersistedTokenCache

GIVEN = json.loads(sys.argv[1])
TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
AUTHORITY = "https://login.microsoftonline.com/" + TENANT
TOKENS = 50
TOKEN_BYTES = 1100

logging.disable(logging.WARNING)  # That it waits for a lock is not news.


def now():
    return time.monotonic_ns() / 1e6


class Answered:
    """What `requests` returns, as far as MSAL looks at it."""

    def __init__(self, body):
        self.status_code, self.headers, self.text = 200, {}, json.dumps(body)

    def raise_for_status(self):
        pass


class Network:
    """Answers at once. A token that lives for less than five minutes is never taken from the cache: MSAL fetches another."""

    def get(self, url, **_):
        base = AUTHORITY + "/oauth2/v2.0/"
        return Answered({"token_endpoint": base + "token", "authorization_endpoint": base + "authorize", "issuer": AUTHORITY})

    def post(self, url, **_):
        token = base64.urlsafe_b64encode(os.urandom(TOKEN_BYTES)).decode().rstrip("=")
        return Answered({"access_token": token, "token_type": "Bearer", "expires_in": 200})

    def close(self):
        pass


def persistence():
    store = LibsecretPersistence if GIVEN["store"] == "secret service" else FilePersistence
    return store(GIVEN["cache"])


cache = PersistedTokenCache(persistence())
app = msal.ConfidentialClientApplication(
    f"5e57ab1e-0000-4000-8000-0000000{10000 + GIVEN['client']}",
    client_credential="no secret",
    authority=AUTHORITY,
    instance_discovery=False,
    token_cache=cache,
    http_client=Network(),
)
lock = CrossPlatLock(GIVEN["cache"] + ".lockfile")


def times_of(count, work):
    times = []
    for n in range(count):
        started = now()
        work(n)
        times.append(now() - started)
    return times


def commit(order):
    tokens = []

    def one(n):
        scope = f"https://resource-{(order['from'] + n) % TOKENS}.example.com/.default"
        result = app.acquire_token_for_client([scope])
        tokens.append(hashlib.sha256(result["access_token"].encode()).hexdigest())

    before = time.process_time_ns()
    times = times_of(order["count"], one)
    return {"times": times, "tokens": tokens, "processor": (time.process_time_ns() - before) / 1e6}


def take(_):
    lock.__enter__()
    return {"at": time.time_ns() / 1e6}


def let_go(_):
    at = time.time_ns() / 1e6
    lock.__exit__(None, None, None)
    return {"at": at}


OBEY = {"commit": commit, "lock": take, "unlock": let_go}


def tell(answer):
    print(json.dumps({"type": "answer", **answer}), flush=True)


tell({})  # ready
for line in sys.stdin:
    order = json.loads(line)
    try:
        tell(OBEY[order["do"]](order))
    except Exception as error:  # Whatever it is, it is the answer.
        tell({"failure": repr(error)})
