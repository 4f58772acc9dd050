"""A signed document is verified without asking anybody, and any changed byte is found."""

import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.intake.signing import PublicKey, SigningError, SigningKey, canonical

FACTS = {"bank_id": "B", "seq": 7, "zh": "已收到", "totals": {"b": 1, "a": [1, 2]}}


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return SigningKey.open(tmp_path_factory.mktemp("key") / "new" / "signing.key")


def test_what_was_signed_is_verified_with_the_public_key_alone(
    key: SigningKey, tmp_path: Path
) -> None:
    (tmp_path / "key.pem").write_bytes(key.public.pem)

    verified = PublicKey.read(tmp_path / "key.pem").verify(key.sign(FACTS))

    assert verified == FACTS | {"key_id": key.public.key_id}


def test_every_flipped_bit_of_a_document_is_found(key: SigningKey) -> None:
    document = key.sign(FACTS)

    for place in range(len(document)):
        for bit in range(8):
            changed = bytearray(document)
            changed[place] ^= 1 << bit
            with pytest.raises(SigningError):
                key.public.verify(bytes(changed))


@settings(max_examples=50)
@given(added=st.sampled_from([b" ", b"\n", b"{}", b"\x00"]), is_before=st.booleans())
def test_nothing_can_be_put_before_or_behind_a_document(
    key: SigningKey, added: bytes, is_before: bool
) -> None:
    document = key.sign(FACTS)

    with pytest.raises(SigningError):
        key.public.verify(added + document if is_before else document + added)


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "signing.key"

    first = SigningKey.open(path)
    again = SigningKey.open(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert first.public.pem == again.public.pem
    assert [file.name for file in tmp_path.iterdir()] == ["signing.key"]
    assert "PRIVATE" not in repr(first)


def test_a_key_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "signing.key"
    SigningKey.open(path)
    path.chmod(0o640)

    with pytest.raises(SigningError, match="mode 0640, expected 0600"):
        SigningKey.open(path)


def test_another_key_says_so(key: SigningKey, tmp_path: Path) -> None:
    other = SigningKey.open(tmp_path / "other.key")

    with pytest.raises(SigningError, match="signed with another key"):
        other.public.verify(key.sign(FACTS))


def test_a_document_written_in_another_way_is_not_the_signed_one(key: SigningKey) -> None:
    document = key.sign(FACTS)
    spaced = document.replace(b'"seq":7', b'"seq": 7')

    assert spaced != document
    with pytest.raises(SigningError, match="not written as it was signed"):
        key.public.verify(spaced)
    assert canonical({"b": 1, "a": 2}) == b'{"a":2,"b":1}'
