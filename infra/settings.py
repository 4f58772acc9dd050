"""What can be set from outside: environment variables PUHUI_*, one struct.

Every default works on a laptop. A mistyped variable is an error, not a default.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

PREFIX = "PUHUI_"


class SettingsError(ValueError):
    """An environment variable that cannot be used; names it and what was expected."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Command-line options win over these."""

    # Where everything is stored: one folder, one process at a time.
    data: str = "./data"

    # The address of the pages. Another than this machine's own needs ``read_token``.
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8710

    # When set, every page and figure needs it: Authorization: Bearer, or once ?token= in a browser.
    read_token: str = ""

    # Further names under which the server may be addressed, comma-separated.
    host_names: str = ""

    # One batch takes at most this many events; more is faster but later.
    batch_events_max: Annotated[int, Meta(ge=1, le=100_000)] = 50_000

    # The language of tables and messages on the command line.
    lang: Literal["zh", "en"] = "zh"

    # A ClickHouse server instead of the data folder: clickhouse://user:password@host:9000/database.
    clickhouse_url: str = ""

    # Kafka: host:port, several with commas; and how to be let in. See docs/how-to/production.md.
    kafka_brokers: str = ""
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_username: str = ""
    kafka_password: str = ""
    kafka_ca_file: str = ""
    kafka_cert_file: str = ""
    kafka_key_file: str = ""

    # Goes before the name of every topic and of the group: several systems on one cluster.
    kafka_prefix: str = ""

    # Topics are made with these; another number on the cluster is reported, never used silently.
    kafka_partitions: Annotated[int, Meta(ge=1, le=1024)] = 6
    kafka_replication: Annotated[int, Meta(ge=1, le=9)] = 1
    kafka_retention_days: Annotated[int, Meta(ge=1, le=3650)] = 30

    # How long a worker may be silent before others take its partitions, and a fetch may wait.
    session_timeout_s: Annotated[int, Meta(ge=6, le=10)] = 8
    fetch_wait_ms: Annotated[int, Meta(ge=1, le=1_500)] = 50

    # How long a store that does not answer is asked again before the worker gives up.
    store_retry_s: Annotated[int, Meta(ge=1, le=3_600)] = 120

    # Where a worker shows metrics and health; 0 takes a free port.
    metrics_host: str = "127.0.0.1"
    metrics_port: Annotated[int, Meta(ge=0, le=65_535)] = 8711

    # What receipts are signed with; made at first use. Empty: signing.key in the data folder.
    signing_key_file: str = ""

    # What one principal may send, on average; bursts of four seconds of it are let through.
    intake_requests_per_s: Annotated[int, Meta(ge=1, le=10_000)] = 50
    intake_bytes_per_s: Annotated[int, Meta(ge=2**20, le=2**31)] = 16 * 2**20

    # Whose acts the commands write down: the token that puhui principals add printed.
    token: str = ""

    # Who must sign before a quarter is published: short names with commas.
    agencies: str = "local_finance,central_bank,banking_regulator"

    # One JSON object a line, or text for a terminal; auto looks whether there is one.
    log_format: Literal["auto", "json", "text"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Return the settings in ``env``; raise SettingsError naming the variable at fault."""
        given = {
            name.removeprefix(PREFIX).lower(): text
            for name, text in env.items()
            if name.startswith(PREFIX)
        }
        try:
            return msgspec.convert(given, cls, strict=False)
        except msgspec.ValidationError as error:
            raise SettingsError(_told(str(error), cls.__struct_fields__)) from error


def _told(fault: str, fields: Sequence[str]) -> str:
    """Return ``fault``, as msgspec words it, about the variable that its writer knows."""
    unknown = re.search(r"unknown field `(.+)`", fault)
    if unknown:
        known = ", ".join(PREFIX + field.upper() for field in fields)
        return f"environment {PREFIX}{unknown[1].upper()}: no such setting, known are {known}"
    what, _, field = fault.partition(" - at `$.")
    return f"environment {PREFIX}{field.rstrip('`').upper()}: {what}"
