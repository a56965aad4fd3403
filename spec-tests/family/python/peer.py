"""The Python member of the family, told what it is on its command line: see ../orders.ts for the orders and the news.

Whether it has portalocker depends on the PYTHONPATH it is started with.
"""
import hashlib
import json
import logging
import sys
import time

import msal
import requests
from msal_extensions import CrossPlatLock, FilePersistence, PersistedTokenCache

AUTHORITY = "https://login.microsoftonline.com/"
GRAPH = ["https://graph.microsoft.com/user.read"]
GIVEN = json.loads(sys.argv[1])

logging.disable(logging.WARNING)  # That it waits for a lock is not news.


def tell(**news):
    print(json.dumps(news), flush=True)


def ordered(order):
    """Returns when the order has come."""
    for line in sys.stdin:
        if json.loads(line) == order:
            return
    sys.exit(1)  # Nobody is left to report to.


def digest(secret):
    return hashlib.sha256(secret.encode()).hexdigest()


class Redirect:
    """Sends what MSAL addresses to the public cloud to the authority of the tests."""

    def __init__(self):
        self._session = requests.Session()
        self._session.trust_env = False

    @staticmethod
    def _target(url):
        return GIVEN["authorityUrl"] + "/" + url.split("/", 3)[3]

    def get(self, url, **kwargs):
        return self._session.get(self._target(url), **kwargs)

    def post(self, url, **kwargs):
        return self._session.post(self._target(url), **kwargs)

    def close(self):
        self._session.close()


def hold():
    started = time.monotonic()
    elapsed = lambda: round((time.monotonic() - started) * 1000)
    lock = CrossPlatLock(GIVEN.get("lockFile") or GIVEN["cache"] + ".lockfile")
    try:
        lock.__enter__()
    except Exception as error:  # Either library's own.
        tell(type="refused", afterMs=elapsed(), what=repr(error))
        return
    tell(type="holding", afterMs=elapsed())
    ordered("release")
    lock.__exit__(None, None, None)
    tell(type="released")


def shared_cache():
    return PersistedTokenCache(FilePersistence(GIVEN["cache"]), GIVEN.get("lockFile"))


def configuration():
    return {
        "authority": AUTHORITY + GIVEN["tenant"],
        "token_cache": shared_cache(),
        "http_client": Redirect(),
    }


def write():
    app = msal.ConfidentialClientApplication(GIVEN["clientId"], client_credential="no secret", **configuration())
    for n in range(GIVEN["tokens"]):
        scope = f"https://resource-{n}.example.com/.default"
        try:
            result = app.acquire_token_for_client([scope])
            tell(type="wrote", scope=scope, sha256=digest(result["access_token"]))
        except Exception as error:
            tell(type="missed", scope=scope, what=repr(error))
    tell(type="done")


def sign_in():
    app = msal.PublicClientApplication(GIVEN["clientId"], **configuration())
    result = app.acquire_token_by_device_flow(app.initiate_device_flow(GRAPH))
    account = app.get_accounts()[0]
    tell(type="signed-in", homeAccountId=account["home_account_id"], sha256=digest(result["access_token"]))


def read():
    app = msal.PublicClientApplication(GIVEN["clientId"], **configuration())
    found = []
    for account in app.get_accounts():
        result = app.acquire_token_silent(GRAPH, account) or {"access_token": ""}
        found.append({"homeAccountId": account["home_account_id"], "sha256": digest(result["access_token"])})
    tell(type="found", accounts=found)


tell(type="ready")
ordered("go")
{"hold": hold, "write": write, "sign-in": sign_in, "read": read}[GIVEN["task"]]()
