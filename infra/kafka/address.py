"""How to reach a Kafka cluster and be let in. Shown without the password, always."""

from typing import Any, NamedTuple, Self

from infra.settings import Settings

BOOTSTRAP_TIMEOUT_MS = 10_000


class KafkaError(ValueError):
    """The cluster cannot be used as it is; says what was found and what to do."""


class KafkaAwayError(KafkaError):
    """No broker answers: the same may succeed later."""


class KafkaAddress(NamedTuple):
    """Brokers, and what they want to know of who comes."""

    brokers: str
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str = ""
    username: str = ""
    password: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the address; raise KafkaError where none is set or what it needs is missing."""
        if not settings.kafka_brokers:
            raise KafkaError(
                "PUHUI_KAFKA_BROKERS is not set, expected host:port of the Kafka cluster. "
                "For trying: make up prints one"
            )
        is_sasl = settings.kafka_security_protocol.startswith("SASL")
        if is_sasl and not (settings.kafka_username and settings.kafka_password):
            raise KafkaError(
                f"PUHUI_KAFKA_SECURITY_PROTOCOL is {settings.kafka_security_protocol}, which needs "
                "PUHUI_KAFKA_USERNAME and PUHUI_KAFKA_PASSWORD"
            )
        return cls(
            settings.kafka_brokers,
            settings.kafka_security_protocol,
            settings.kafka_sasl_mechanism if is_sasl else "",
            settings.kafka_username,
            settings.kafka_password,
            settings.kafka_ca_file,
            settings.kafka_cert_file,
            settings.kafka_key_file,
        )

    @property
    def is_encrypted(self) -> bool:
        return self.security_protocol.endswith("SSL")

    def client_options(self) -> dict[str, Any]:
        """Return what every client of kafka-python is made with."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.brokers.split(","),
            "security_protocol": self.security_protocol,
            "client_id": "puhui",
            "bootstrap_timeout_ms": BOOTSTRAP_TIMEOUT_MS,
        }
        if self.sasl_mechanism:
            options["sasl_mechanism"] = self.sasl_mechanism
            options["sasl_plain_username"] = self.username
            options["sasl_plain_password"] = self.password
        if self.is_encrypted:
            files = {
                "ssl_cafile": self.ca_file,
                "ssl_certfile": self.cert_file,
                "ssl_keyfile": self.key_file,
            }
            options |= {name: file for name, file in files.items() if file}
        return options

    def __str__(self) -> str:
        who = f"{self.username}@" if self.username else ""
        return f"{who}{self.brokers} ({self.security_protocol})"

    def __repr__(self) -> str:
        return f"KafkaAddress({self})"
