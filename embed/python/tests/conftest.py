import json

import pytest


@pytest.fixture
def cache(tmp_path):
    return str(tmp_path / "folder" / "cache.json")


@pytest.fixture
def document():
    """A cache with these access tokens, by key."""

    def make(**tokens):
        entities = {
            key: {"secret": f"secret of {value}", "cached_at": str(1_700_000_000 + value), "expires_on": "4000000000"}
            for key, value in tokens.items()
        }
        return json.dumps({"AccessToken": entities}).encode()

    return make


@pytest.fixture
def secrets():
    """Access tokens of a document, by key."""
    return lambda content: {key: entity["secret"] for key, entity in json.loads(content)["AccessToken"].items()}
