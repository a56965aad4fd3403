"""Signs a user in with a device code, the first time; later finds the token in the cache, from whichever process put it there.

    python sign_in.py [--plain] <path of the cache> <client id>

Encrypted unless `--plain`. AUTHORITY_URL sends what MSAL addresses to the public cloud to a local one (spec-tests/authority).
"""
import argparse
import os
import sys

import msal
import requests

from msal_extensions_wasm import FilePersistence, PersistedTokenCache, PersistenceError, build_encrypted_persistence

SCOPES = ["User.Read"]


class LocalAuthority(requests.Session):
    def __init__(self, url):
        super().__init__()
        self.trust_env = False
        self._url = url

    def request(self, method, url, **options):
        return super().request(method, self._url + "/" + url.split("/", 3)[3], **options)


def find_token(app):
    """The user for whom the cache has a token, or a refresh token that gets one."""
    for account in app.get_accounts():
        if app.acquire_token_silent(SCOPES, account):
            return account["username"]
    return None


def sign_in(app):
    flow = app.initiate_device_flow(SCOPES)
    print(flow["message"], file=sys.stderr)
    result = app.acquire_token_by_device_flow(flow)
    if "access_token" not in result:
        sys.exit(f"{result['error']}: {result.get('error_description')}")
    return result["id_token_claims"]["preferred_username"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("cache")
    parser.add_argument("client_id")
    given = parser.parse_args()
    authority = os.environ.get("AUTHORITY_URL")
    try:
        persistence = FilePersistence(given.cache) if given.plain else build_encrypted_persistence(given.cache)
        app = msal.PublicClientApplication(
            given.client_id,
            token_cache=PersistedTokenCache(persistence),
            http_client=LocalAuthority(authority) if authority else None,
        )
        known = find_token(app)
        print(f"from the cache: {known}" if known else f"signed in: {sign_in(app)}")
    except PersistenceError as error:
        sys.exit(f"{error.code}: {error}")


if __name__ == "__main__":
    main()
