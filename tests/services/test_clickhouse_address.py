"""The address of a server is read whole, and what is wrong with it is told without its password."""

import pytest

from infra.clickhouse.address import parse_address
from infra.clickhouse.connection import StoreError


def test_an_address_names_server_user_and_database() -> None:
    address = parse_address("clickhouse://reader:p%40ss%2Fword@db.example:9001/lending")

    assert address.host == "db.example"
    assert address.port == 9001
    assert (address.user, address.password, address.database) == ("reader", "p@ss/word", "lending")
    assert not address.secure


def test_what_is_left_out_has_a_default() -> None:
    address = parse_address("clickhouse://localhost")

    assert (address.port, address.user, address.password) == (9000, "default", "")
    assert address.database == "puhui"


@pytest.mark.parametrize("word", ["1", "true", "Yes", "on"])
def test_tls_is_asked_for_and_has_its_own_port(word: str) -> None:
    address = parse_address(f"clickhouse://h/x?secure={word}&verify=0&ca_certs=/etc/ca.pem")

    assert (address.secure, address.port, address.verify) == (True, 9440, False)
    assert address.ca_certs == "/etc/ca.pem"


def test_a_database_may_be_on_an_address_with_a_colon() -> None:
    assert parse_address("clickhouse://[::1]:9000/x").host == "::1"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://u:s3cret@h:8123/x", "expected clickhouse://"),
        ("u:s3cret@h:9000/x", "expected clickhouse://"),
        ("clickhouse://u:s3cret@/x", "names no host"),
        ("clickhouse://u:s3cret@h:many/x", "expected clickhouse://"),
        ("clickhouse://u:s3cret#2@h:9000/x", "write / as %2F"),
        ("clickhouse://u:s3cret/2@h:9000/x", "write / as %2F"),
        ("clickhouse://u:s3cret@h/x-y", "database name"),
        ("clickhouse://u:s3cret@h/x?secure=perhaps", "secure: found 'perhaps'"),
        ("clickhouse://u:s3cret@h/x?compression=1", "no option 'compression'"),
        ("clickhouse://u:s3cret@h/x?timeout_s=long", "timeout_s"),
    ],
)
def test_a_wrong_address_is_told_without_the_password(url: str, told: str) -> None:
    with pytest.raises(StoreError) as wrong:
        parse_address(url)

    assert told in str(wrong.value)
    assert "s3cret" not in str(wrong.value)


def test_an_address_in_a_message_keeps_its_password_to_itself() -> None:
    address = parse_address("clickhouse://u:s3cret@h/x")

    assert f"{address}" == f"{address!r}" == "clickhouse://u@h:9000/x"
    assert f"{[address]}" == "[clickhouse://u@h:9000/x]"
