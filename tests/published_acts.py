"""Writes down that runs were published, as persons do."""

from typing import Any

import msgspec
import numpy as np

from schemas.grading import GradingRun
from schemas.grading_tables import GRADING_ACTS
from streams.ports import Store


def publish(store: Store, run: GradingRun, *, number: int = 1, at_ms: int = 1) -> None:
    body = {"run_id": run.run_id, "version": number, "document_number": "示例〔2022〕1号"}
    texts = {"act": "publish", "person": "p", "role": "signer", "bank_id": ""}
    row: dict[str, Any] = {"quarter": run.quarter, "number": number, **texts}
    row |= {"at_ms": at_ms, "body": msgspec.json.encode(body).decode()}
    row |= {"previous_sha256": "", "sha256": "0" * 64, "version": at_ms}
    columns = {
        name: [value] if isinstance(value, str) else np.array([value], np.int64)
        for name, value in row.items()
    }
    store.insert(GRADING_ACTS, columns)
