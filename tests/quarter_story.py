"""Persons who take a quarter from the cut to what is published, on any store."""

import hashlib
from typing import Any

from schemas.quarter import Quarter
from schemas.quarter_life import QuarterLife
from streams.ports import Store
from streams.quarter_life import Deed, Person, append_act

Q4 = Quarter(2021, 4)
BANK = "91370000800000105L"
MAKER, CHECKER = Person("mei", "maker"), Person("chen", "checker")
OTHER_MAKER, OTHER_CHECKER = Person("ming", "maker"), Person("cheng", "checker")
AGENCIES = ("local_finance", "central_bank")
SIGNERS = {agency: Person(f"for-{agency}", "agency") for agency in AGENCIES}
BANKER = Person("banker", "bank")


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


RUN, NEXT_RUN, FILE = hash_of("run"), hash_of("next run"), hash_of("file")
DAY_MS = 86_400_000


class Ticking:
    """A clock that goes on by a second at every look; 2022-01-10 noon in Shanghai at first."""

    def __init__(self) -> None:
        self.ms = 1_641_787_200_000

    def now_ms(self) -> int:
        self.ms += 1_000
        return self.ms


BODIES: dict[str, dict[str, Any]] = {
    "cut": {
        "as_of": "2022-01-09",
        "methodology": "illustrative-quarterly@2",
        "methodology_hash": hash_of("methodology"),
        "agencies": list(AGENCIES),
        "data_version": 7,
    },
    "check": {},
    "trial": {"run_id": RUN},
    "open_comments": {"run_id": RUN, "working_days": 5, "due": "2022-01-17"},
    "close_comments": {},
    "confer": {"minutes_number": "3", "minutes_sha256": FILE, "run_id": RUN},
    "publish": {"document_number": "5", "run_id": RUN},
    "reopen": {"reason": "late"},
    "manual_enter": {"column": "penalty", "value": "1", "reason": "fined", "evidence_sha256": FILE},
    "comment": {"text": "no"},
    "confirmation": {"run_id": RUN},
    "self_assessment": {"text": "good"},
    "appeal": {"column": "private_growth_ytd", "value": "30", "text": "one was left out"},
    "change": {"column": "private_growth_ytd", "value": "12", "clause": "9", "minutes": "3"},
}
WHO = {
    "cut": MAKER,
    "check": CHECKER,
    "trial": MAKER,
    "open_comments": CHECKER,
    "close_comments": MAKER,
    "change": MAKER,
    "confer": CHECKER,
    "publish": MAKER,
    "reopen": CHECKER,
    "manual_enter": MAKER,
    "comment": BANKER,
    "confirmation": BANKER,
    "self_assessment": BANKER,
    "appeal": BANKER,
}
ABOUT_BANK = {
    "manual_enter", "manual_confirm", "comment", "confirmation", "self_assessment", "appeal",
    "change", "answer", "appeal_decision",
}  # fmt: skip
STEPS = ("cut", "check", "trial", "open_comments", "close_comments", "confer")


class Story:
    """One quarter on one store."""

    def __init__(self, store: Store, clock: Ticking | None = None) -> None:
        self.store, self.clock = store, clock or Ticking()

    def do(self, act: str, person: Person | None = None, **body: Any) -> QuarterLife:
        """Do ``act`` as the story goes, where ``body`` says nothing else."""
        bank = BANK if act in ABOUT_BANK else ""
        deed = Deed(act, person or WHO[act], BODIES.get(act, {}) | body, bank)
        return append_act(self.store, self.clock, Q4, deed)

    def sign(self, agency: str) -> QuarterLife:
        return self.do("sign", SIGNERS[agency], agency=agency, run_id=RUN)

    def to(self, last: str) -> QuarterLife:
        """Do every step up to ``last``."""
        for act in STEPS:
            if act == "close_comments":
                self.clock.ms += 8 * DAY_MS
            life = self.do(act)
            if act == last:
                return life
        for agency in AGENCIES:
            life = self.sign(agency)
        return life if last == "sign" else self.do("publish")
