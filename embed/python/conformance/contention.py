"""Commits access tokens one by one, in company:

    python contention.py <cache path> <prefix> <count> [hold]

Prints `committed <n>` after each. With `hold` it then takes the lock, prints `holding`, and keeps it until it is killed.
"""
import json
import sys
import threading

from msal_extensions_wasm import TokenCacheStore


def token(prefix, n):
    entity = {"secret": f"secret of {prefix}-{n}", "cached_at": "1700000000", "expires_on": "4000000000"}
    return json.dumps({"AccessToken": {f"{prefix}-{n}": entity}}).encode()


def hold(_content):
    print("holding", flush=True)
    threading.Event().wait()


def main(path, prefix, count, *rest):
    store = TokenCacheStore(path)
    for n in range(int(count)):
        store.commit(None, token(prefix, n))
        print(f"committed {n}", flush=True)
    if rest == ("hold",):
        store.update(hold)


if __name__ == "__main__":
    main(*sys.argv[1:])
