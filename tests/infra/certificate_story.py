"""A run of eight invented banks, its pack and its certificate, with a key of its own."""

from pathlib import Path
from typing import NamedTuple

from infra.certificate import sign_certificate
from infra.input_pack import Inputs, pack_bytes
from infra.intake.signing import PublicKey, SigningKey
from infra.reference_data import load_lpr, load_methodology
from processors.grading.run import grade
from schemas.grading import GradingRun
from schemas.methodology import methodology_json
from streams.evaluate import evaluate, read_snapshot
from tests.processors.test_grading import Q4, eight

SIGNED_AT_MS = 1_700_000_000_000


class Papers(NamedTuple):
    run: GradingRun
    inputs: Inputs
    pack: bytes
    certificate: bytes
    signer: SigningKey

    @property
    def key(self) -> PublicKey:
        return self.signer.public


def papers(folder: Path, methodology: str = "illustrative-quarterly") -> Papers:
    """Return what is handed to an auditor, signed with a key made in ``folder``."""
    rule = load_methodology(methodology)
    snapshot = read_snapshot(eight().write())
    run = grade(evaluate(snapshot, load_lpr()), rule, Q4)
    body = methodology_json(rule)
    inputs = Inputs(snapshot=snapshot, lpr=load_lpr(), methodology_json=body)
    pack = pack_bytes(run, inputs, is_synthetic=True)
    key = SigningKey.open(folder / "signing.key")
    certificate = sign_certificate(run, pack, key, now_ms=SIGNED_AT_MS, is_synthetic=True)
    return Papers(run, inputs, pack, certificate, key)
