"""Puts a door together: to the log of a data folder, or to Kafka with the store on a server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.imports.pboc.filing_report import FilingReport
from infra.intake.door import Intake
from infra.intake.kept_receipts import KeptReceipts
from infra.intake.principals import Principals
from infra.intake.rate_limit import Limits, RateLimit
from infra.intake.signing import KEY_FILE_NAME, SigningKey
from infra.intake.submitter import (
    EmbeddedSubmitter,
    KafkaSubmitter,
    Log,
)
from infra.kafka.address import KafkaAddress
from infra.server_node import ServerNode
from infra.settings import Settings, SettingsError
from infra.store_node import StoreNode
from infra.web.intake import Door
from infra.wiring import Node

OnAnswer = Callable[[str, float], None]


def _uncounted(_outcome: str, _seconds: float) -> None:
    """Count nothing."""


def intake_of(node: StoreNode, settings: Settings) -> Intake:
    """Return the door to the log of ``node``: its own, or Kafka, which is asked at first use."""
    if isinstance(node, Node):
        return _intake(node, EmbeddedSubmitter(node.ingest), settings)
    assert isinstance(node, ServerNode)
    log = KafkaSubmitter(lambda: node.producer, lambda: node.numbers)
    return _intake(node, log, settings)


def door_of(
    intake: Intake, node: StoreNode, settings: Settings, *, on_answer: OnAnswer = _uncounted
) -> Door:
    """Return what the routes of a server need; ``on_answer`` hears outcome and seconds."""
    limits = Limits(settings.intake_requests_per_s, settings.intake_bytes_per_s)
    principals = Principals(node.store, node.clock)
    return Door(intake, principals, RateLimit(limits, node.clock), on_answer)


@contextmanager
def server_node(settings: Settings) -> Iterator[ServerNode]:
    """Give the system on a server; raise SettingsError or KafkaError where none is set."""
    if not settings.clickhouse_url:
        raise SettingsError(
            "PUHUI_CLICKHOUSE_URL is not set, expected clickhouse://user:password@host/database: "
            "principals, numbers and receipts are kept there"
        )
    KafkaAddress.from_settings(settings)
    with ServerNode(settings) as node:
        yield node


def _intake(node: StoreNode, log: Log, settings: Settings) -> Intake:
    def import_filings(paths: list[Path]) -> list[FilingReport]:
        return node.filing_importer.import_filings(paths)

    return Intake(
        log,
        KeptReceipts(node.store, lambda: node.topic, lambda: node.generation),
        _signing_key(settings, node.folder or Path(settings.data)),
        node.clock,
        import_filings=import_filings,
    )


def _signing_key(settings: Settings, folder: Path) -> SigningKey:
    """Return the key of PUHUI_SIGNING_KEY_FILE, or that in ``folder``."""
    return SigningKey.open(Path(settings.signing_key_file or folder / KEY_FILE_NAME))
