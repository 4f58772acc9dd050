"""How a cluster is reached; the password reaches the clients and nothing else."""

import pytest

from infra.kafka.address import KafkaAddress, KafkaError
from infra.settings import Settings

SASL = Settings(
    kafka_brokers="a:9093,b:9093",
    kafka_security_protocol="SASL_SSL",
    kafka_username="worker",
    kafka_password="s3cret",
    kafka_ca_file="/ca.pem",
)


def test_user_password_and_authorities_reach_the_clients() -> None:
    options = KafkaAddress.from_settings(SASL).client_options()

    assert options["bootstrap_servers"] == ["a:9093", "b:9093"]
    assert options["security_protocol"] == "SASL_SSL"
    assert options["sasl_mechanism"] == "SCRAM-SHA-512"
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("worker", "s3cret")
    assert options["ssl_cafile"] == "/ca.pem"
    assert "ssl_keyfile" not in options


def test_the_password_is_not_shown() -> None:
    address = KafkaAddress.from_settings(SASL)

    assert "s3cret" not in f"{address} {address!r} {[address]}"
    assert "worker@a:9093,b:9093 (SASL_SSL)" in str(address)


def test_without_sasl_nothing_of_it_is_handed_over() -> None:
    settings = Settings(kafka_brokers="a:9092", kafka_username="worker", kafka_password="s3cret")

    assert not [
        name for name in KafkaAddress.from_settings(settings).client_options() if "sasl" in name
    ]


def test_what_is_missing_is_told_by_the_name_of_its_setting() -> None:
    with pytest.raises(KafkaError, match="PUHUI_KAFKA_BROKERS is not set"):
        KafkaAddress.from_settings(Settings())
    with pytest.raises(KafkaError, match="needs PUHUI_KAFKA_USERNAME and PUHUI_KAFKA_PASSWORD"):
        KafkaAddress.from_settings(
            Settings(kafka_brokers="a:9092", kafka_security_protocol="SASL_PLAINTEXT")
        )
