import base64
import json
import os
import threading
from types import SimpleNamespace

import msal
import pytest

from msal_extensions_wasm import FilePersistence, PersistedTokenCache, PersistenceError, TokenCacheStore

ENVIRONMENT = "login.windows.net"
NOW = 4_000_000_000
ACCESS_TOKEN = msal.TokenCache.CredentialType.ACCESS_TOKEN


def opened(cache, **options):
    return PersistedTokenCache(FilePersistence(cache), **options)


def event(client_id, scope="scope", secret="secret", **response):
    """What MSAL hands to the cache after a request of a client that acts for itself."""
    return {
        "client_id": client_id,
        "scope": [scope],
        "token_endpoint": f"https://{ENVIRONMENT}/tenant/oauth2/v2.0/token",
        "environment": ENVIRONMENT,
        "response": {"access_token": secret, "expires_in": 3600, "token_type": "Bearer", **response},
        "grant_type": "client_credentials",
    }


def refresh_tokens(cache):
    return {entry["client_id"]: entry["secret"] for entry in cache.search(msal.TokenCache.CredentialType.REFRESH_TOKEN)}


def clients(cache):
    return {entry["client_id"] for entry in cache.search(ACCESS_TOKEN)}


def test_one_finds_what_the_other_has_added_later(cache):
    one, other = opened(cache), opened(cache)
    assert clients(other) == set()
    one.add(event("a"))
    assert clients(other) == {"a"}
    other.add(event("b"))
    assert clients(one) == {"a", "b"}


def test_an_add_is_one_commit(cache, monkeypatch):
    commits = []
    real = TokenCacheStore.commit
    monkeypatch.setattr(TokenCacheStore, "commit", lambda self, *documents: commits.append(1) or real(self, *documents))
    opened(cache).add(event("a", refresh_token="refresh"))
    stored = json.load(open(cache))
    assert {section: len(entities) for section, entities in stored.items()} == {
        "AccessToken": 1, "AppMetadata": 1, "RefreshToken": 1,
    }
    assert len(commits) == 1


def test_what_one_removes_the_other_does_not_bring_back(cache):
    one, other = opened(cache), opened(cache)
    one.add(event("a"))
    one.add(event("b"))
    assert clients(other) == {"a", "b"}
    one.remove_at(next(entry for entry in one.search(ACCESS_TOKEN) if entry["client_id"] == "a"))
    other.add(event("c"))
    assert clients(one) == clients(other) == {"b", "c"}


class Discovery:
    """All that MSAL asks the network for before it signs anybody out."""

    def get(self, url, **_options):
        endpoints = {name: f"https://{ENVIRONMENT}/tenant" for name in ("authorization_endpoint", "token_endpoint", "issuer")}
        return SimpleNamespace(status_code=200, headers={}, text=json.dumps(endpoints))


def test_a_sign_out_is_of_the_whole_family_also_where_it_is_the_first_thing_a_process_does(cache):
    """MSAL looks at what it knows of the client before it searches."""
    client_info = base64.urlsafe_b64encode(b'{"uid":"user","utid":"tenant"}').decode()
    for client_id in ("one", "sibling"):
        opened(cache).add(event(client_id, refresh_token=f"refresh {client_id}", foci="1", client_info=client_info))
    app = msal.PublicClientApplication("one", token_cache=opened(cache), http_client=Discovery(), instance_discovery=False)
    app.remove_account({"home_account_id": "user.tenant", "environment": ENVIRONMENT})
    assert refresh_tokens(opened(cache)) == {}


def test_an_expired_token_is_removed_while_msal_searches(cache):
    one = opened(cache)
    one.add(event("a"), now=1_000_000)
    assert clients(one) == set()
    assert json.load(open(cache))["AccessToken"] == {}


def test_what_could_not_be_stored_is_not_lost(cache):
    one, other = opened(cache, lock_timeout=0), opened(cache)
    other.add(event("b"))
    with open(f"{cache}.lockfile", "w") as file:
        file.write(f"{os.getpid()} somebody")
    with pytest.raises(PersistenceError) as caught:
        one.add(event("a"))
    assert caught.value.code == "lock_timeout"
    os.unlink(f"{cache}.lockfile")
    other.add(event("c"))
    assert clients(one) == {"a", "b", "c"}  # the search stores what is left over
    assert clients(other) == {"a", "b", "c"}


def test_what_is_added_while_the_cache_cannot_be_read_is_not_lost(cache):
    """MSAL throws away the answer of a server that it cannot save, and with it a refresh token that has replaced the stored one."""
    one, other = opened(cache), opened(cache)
    one.add(event("a", refresh_token="old"))
    os.rename(cache, f"{cache}.kept")
    os.mkdir(cache)
    for change in (lambda: one.add(event("a", refresh_token="new")), lambda: clients(one)):
        with pytest.raises(PersistenceError) as caught:
            change()
        assert caught.value.code == "not_a_file"
    os.rmdir(cache)
    os.rename(f"{cache}.kept", cache)
    other.add(event("b"))
    assert refresh_tokens(one)["a"] == refresh_tokens(other)["a"] == "new"
    assert clients(one) == clients(other) == {"a", "b"}


def cut_short(cache):
    os.truncate(cache, os.path.getsize(cache) // 2)


def empty(cache):
    os.truncate(cache, 0)


def fill_with_zeros(cache):
    size = os.path.getsize(cache)
    with open(cache, "r+b") as file:
        file.write(bytes(size))


@pytest.mark.parametrize("damage", [cut_short, empty, fill_with_zeros])
def test_what_a_damaged_file_has_lost_is_put_back_by_whoever_knows_it(cache, damage):
    one = opened(cache)
    for client in "abcdef":
        one.add(event(client, refresh_token=f"refresh {client}"))
    damage(cache)
    assert clients(one) == set("abcdef")
    assert clients(opened(cache)) == set("abcdef")
    one.add(event("g"))
    assert clients(opened(cache)) == set("abcdefg")


def test_what_another_process_has_salvaged_lacks_is_put_back_too(cache):
    one = opened(cache)
    for client in "abcdef":
        one.add(event(client))
    cut_short(cache)
    assert "f" not in clients(opened(cache))
    assert clients(one) == clients(opened(cache)) == set("abcdef")


def test_what_one_removes_after_a_salvage_the_other_does_not_bring_back(cache):
    one, other = opened(cache), opened(cache)
    for client in "abcd":
        one.add(event(client))
    cut_short(cache)
    assert clients(other) < clients(one) == clients(other) == set("abcd")
    other.remove_at(next(entry for entry in other.search(ACCESS_TOKEN) if entry["client_id"] == "d"))
    one.add(event("e"))
    assert clients(one) == clients(other) == set("abce")


def test_what_is_put_back_is_no_news_beside_what_another_has_renewed_meanwhile(cache):
    one = opened(cache, lock_timeout=0)
    for client in "abcd":
        one.add(event(client, refresh_token="old"), now=NOW)
    cut_short(cache)
    assert "d" not in refresh_tokens(opened(cache))
    with open(f"{cache}.lockfile", "w") as file:
        file.write(f"{os.getpid()} somebody")
    assert refresh_tokens(one)["d"] == "old"  # which cannot be put back now
    os.unlink(f"{cache}.lockfile")
    opened(cache).add(event("d", refresh_token="renewed"), now=NOW)
    assert refresh_tokens(one)["d"] == "renewed"
    assert refresh_tokens(opened(cache)) == {"a": "old", "b": "old", "c": "old", "d": "renewed"}


def test_a_search_finds_what_there_is_where_an_expired_token_cannot_be_removed(cache, caplog):
    opened(cache).add(event("expired"), now=1_000_000)
    opened(cache).add(event("valid"))
    one = opened(cache, lock_timeout=0)
    with open(f"{cache}.lockfile", "w") as file:
        file.write(f"{os.getpid()} somebody")
    assert clients(one) == clients(one) == {"valid"}
    assert "could not be saved: The lock" in caplog.text
    with pytest.raises(PersistenceError) as caught:
        one.add(event("new"))
    assert caught.value.code == "lock_timeout"
    os.unlink(f"{cache}.lockfile")
    assert clients(one) == {"valid", "new"}
    assert {entry["client_id"] for entry in json.load(open(cache))["AccessToken"].values()} == {"valid", "new"}


def test_foreign_members_stay(cache):
    os.makedirs(os.path.dirname(cache))
    open(cache, "w").write('{"somebody": {"number": 1.50}}')
    opened(cache).add(event("a"))
    assert '{"number": 1.50}' in open(cache).read()


@pytest.mark.parametrize("odd", [
    '{"AccessToken": {"k": null}, "RefreshToken": {"k": "text"}}', '{"Account": {"k": 5}, "AppMetadata": null}', '{"AccessToken": [1.50]}',
])
def test_entities_that_are_no_objects_are_in_nobodys_way(cache, odd):
    os.makedirs(os.path.dirname(cache))
    open(cache, "w").write(odd)
    one = opened(cache)
    assert clients(one) == set() == set(refresh_tokens(one))
    one.add(event("a", refresh_token="refresh"))
    assert clients(one) == {"a"} == set(refresh_tokens(one))
    kept = [entity for entity in ('"k": null', '"k": "text"', '"k": 5') if entity in odd]
    assert all(entity in open(cache).read() for entity in kept)


NUMBERS = ["1e999", "-1e999", "9" * 5000, "0.10000000000000000001"]


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_stay_as_they_are_spelled(cache, number):
    os.makedirs(os.path.dirname(cache))
    entity = f'{{"secret": "s", "client_id": "k", "expires_on": "{NOW}", "number": {number}}}'
    open(cache, "w").write(f'{{"foreign":{number}, "AccessToken": {{"k": {entity}}}}}')
    one = opened(cache)
    assert clients(one) == {"k"}
    one.add(event("a"))
    stored = open(cache).read()
    assert f'"foreign":{number}' in stored and entity in stored
    assert clients(one) == {"k", "a"}


@pytest.mark.parametrize("number", NUMBERS)
def test_what_has_a_number_that_python_cannot_spell_can_be_removed(cache, number):
    os.makedirs(os.path.dirname(cache))
    home = f'"home_account_id": "u.t", "environment": "{ENVIRONMENT}", "number": {number}'
    account = f'{{{home}, "realm": "t", "authority_type": "MSSTS"}}'
    token = f'{{{home}, "credential_type": "RefreshToken", "client_id": "a", "secret": "s"}}'
    keys = f"u.t-{ENVIRONMENT}-t", f"u.t-{ENVIRONMENT}-refreshtoken-a--"
    open(cache, "w").write(f'{{"Account": {{"{keys[0]}": {account}}}, "RefreshToken": {{"{keys[1]}": {token}}}}}')
    one = opened(cache)
    for token in one.search(msal.TokenCache.CredentialType.REFRESH_TOKEN):
        one.remove_rt(token)
    for account in one.search(msal.TokenCache.CredentialType.ACCOUNT):
        one.remove_account(account)
    assert json.load(open(cache)) == {"Account": {}, "RefreshToken": {}}


def test_threads_share_a_cache(cache):
    shared = opened(cache)
    workers = [threading.Thread(target=lambda n=n: [shared.add(event(f"{n}-{i}")) for i in range(4)]) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(clients(opened(cache))) == 16
