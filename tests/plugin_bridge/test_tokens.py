"""Tokens: made once, kept as hashes, checked by role."""

import hashlib
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from plugin_bridge.errors import BridgeError
from plugin_bridge.tokens import ROLES, Token, TokenStore


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_first_start_makes_one_token_for_each_role(tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "home")
    made = store.ensure()
    assert tuple(made) == ROLES
    assert store.ensure() == {}  # not a second time
    assert mode(store.path) == mode(store.secrets_path) == 0o600
    stored = store.path.read_text()
    for role, secret in made.items():
        assert secret not in stored
        assert hashlib.sha256(secret.encode()).hexdigest() in stored
        token = store.authenticate(secret)
        assert token is not None and token.role == role
        assert store.secret(role) == secret


def test_a_wrong_secret_is_nobodys(tmp_path: Path) -> None:
    store = TokenStore(tmp_path)
    made = store.ensure()
    for wrong in ("", "x", made["admin"] + "x", made["admin"][:-1], made["admin"].upper(), "\ud800"):
        assert store.authenticate(wrong) is None


def test_a_role_may_do_what_those_before_it_may() -> None:
    for place, role in enumerate(ROLES):
        token = Token("name", role, "", "")
        assert [token.allows(other) for other in ROLES] == [other <= place for other in range(len(ROLES))]


def test_tokens_are_added_and_removed_while_a_bridge_runs(tmp_path: Path) -> None:
    running, other = TokenStore(tmp_path), TokenStore(tmp_path)
    running.ensure()
    secret = other.add("partner", "storefront")
    token = running.authenticate(secret)
    assert token is not None and (token.name, token.role) == ("partner", "storefront")
    other.remove("partner")
    assert running.authenticate(secret) is None
    with pytest.raises(BridgeError, match="no token 'partner'"):
        other.remove("partner")


def test_a_name_is_taken_once_and_a_role_must_exist(tmp_path: Path) -> None:
    store = TokenStore(tmp_path)
    store.ensure()
    with pytest.raises(BridgeError, match="taken"):
        store.add("admin", "admin")
    with pytest.raises(BridgeError, match="storefront, merchandiser, release, admin"):
        store.add("new", "king")


def test_two_first_starts_make_one_set(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: TokenStore(tmp_path).ensure(), range(8)))
    assert sum(bool(one) for one in made) == 1
    secret = next(one for one in made if one)["admin"]
    assert TokenStore(tmp_path).authenticate(secret) is not None


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    store = TokenStore(tmp_path)
    store.ensure()
    stored = json.loads(store.path.read_text())
    stored["tokens"][0]["role"] = "king"
    store.path.write_text(json.dumps(stored))
    with pytest.raises(BridgeError, match=r"tokens\.json.*king"):
        store.tokens()
    store.path.write_text("{")
    with pytest.raises(BridgeError, match=r"tokens\.json cannot be read"):
        store.tokens()


def test_an_unknown_secret_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(BridgeError, match=r"secrets\.json"):
        TokenStore(tmp_path).secret("storefront")
