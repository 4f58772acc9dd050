"""A token is shown once, kept as a digest, and worth nothing once its principal is disabled."""

import hashlib

import pytest

from infra.intake.principals import Principal, PrincipalError, Principals, Role
from schemas.tables import PRINCIPALS
from streams.memory_store import MemoryStore
from tests.infra.intake.desk import Clock
from tests.job import stored
from tests.schemas.decoding import BANK


@pytest.fixture
def principals() -> Principals:
    return Principals(MemoryStore(), Clock())


def test_who_bears_the_token_is_known(principals: Principals) -> None:
    token = principals.add("icbc", Role.BANK, BANK)
    other = principals.add("watcher", Role.SUPERVISOR, "")

    assert principals.of_token(token) == Principal("icbc", Role.BANK, BANK)
    assert principals.of_token(other) == Principal("watcher", Role.SUPERVISOR, "")
    assert principals.of_bank(BANK) == Principal("icbc", Role.BANK, BANK)


@pytest.mark.parametrize("wrong", ["", "puhui_", "令牌", "x" * 1000])
def test_a_wrong_token_is_nobodys(principals: Principals, wrong: str) -> None:
    token = principals.add("icbc", Role.BANK, BANK)

    assert principals.of_token(wrong) is None
    assert principals.of_token(token[:-1]) is None
    assert principals.of_token(token + "x") is None


def test_only_the_digest_of_a_token_is_stored() -> None:
    store = MemoryStore()
    token = Principals(store, Clock()).add("icbc", Role.BANK, BANK)

    (row,) = stored(store, PRINCIPALS)

    assert token not in str(row)
    assert hashlib.sha256(token.encode()).hexdigest() in row
    assert "token" not in str(Principals(store, Clock()).listed())


def test_who_is_disabled_is_out_at_once_and_stays_listed(principals: Principals) -> None:
    token = principals.add("icbc", Role.BANK, BANK)

    principals.disable("icbc")

    assert principals.of_token(token) is None
    assert principals.of_bank(BANK) is None
    assert [row["is_active"] for row in principals.listed()] == [False]


@pytest.mark.parametrize(
    ("name", "role", "bank", "says"),
    [
        ("icbc", Role.BANK, BANK, "is there"),
        ("a b", Role.BANK, BANK, "letters, digits"),
        ("boc", Role.BANK, "123", "18 characters"),
        ("boc", Role.BANK, "", "18 characters"),
        ("pboc", Role.SUPERVISOR, BANK, "leave it out"),
    ],
)
def test_a_principal_that_does_not_fit_is_not_made(
    principals: Principals, name: str, role: Role, bank: str, says: str
) -> None:
    principals.add("icbc", Role.BANK, BANK)

    with pytest.raises(PrincipalError, match=says):
        principals.add(name, role, bank)
    assert len(principals.listed()) == 1


def test_disabling_nobody_says_so(principals: Principals) -> None:
    with pytest.raises(PrincipalError, match="not there"):
        principals.disable("nobody")
