"""Two graded quarters of eight invented banks, and the verbs that the pages about them ask.

The board is the real verb over stored runs. What other parts answer is told here in their shapes,
so that a page can be looked at without them.
"""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import msgspec

from infra.grade_answers import grade_rows
from infra.verb import Context
from infra.verbs.boards import VERBS as BOARD_VERBS
from processors.grading.rebuilt import table_of
from processors.grading.run import grade_table
from schemas.grading import GradingRun
from schemas.methodology import Methodology
from streams.grading_run import store_run
from streams.memory_store import MemoryStore
from tests.processors.test_grading import RULE, eight, run_of

LONG_NAME = "示例省农村信用社联合社直属普惠金融小微企业专营支行及县域乡村振兴服务中心"
LONG_NAME_EN = "Example Provincial Rural Credit Union Specialised Inclusive Finance Service Centre"
replaced = msgspec.structs.replace


class _Clock:
    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms


def newest_run() -> GradingRun:
    """Return the grading of 2021Q4, by the kernel; one bank has a very long name."""
    run = run_of(eight())
    banks = [
        replaced(bank, name_zh=LONG_NAME, name_en=LONG_NAME_EN)
        if bank.bank_id == "B3"
        else replaced(
            bank, name_zh=f"示例银行{bank.bank_id}", name_en=f"Example Bank {bank.bank_id}"
        )
        for bank in run.banks
    ]
    return replaced(run, banks=banks)


def run_before(run: GradingRun) -> GradingRun:
    """Return the quarter before: B7 was only good then, and B5 excellent."""
    then = {"B7": ("good", "良好", "Good"), "B5": ("excellent", "优秀", "Excellent")}
    banks = [
        replaced(bank, grade=told[0], grade_zh=told[1], grade_en=told[2])
        if (told := then.get(bank.bank_id))
        else bank
        for bank in run.banks
    ]
    return replaced(run, run_id="b" * 64, quarter="2021Q3", banks=banks)


def graded_store(*runs: GradingRun, methodology: Methodology = RULE) -> MemoryStore:
    """Return a store with ``runs``, graded a minute apart."""
    store = MemoryStore()
    for n, run in enumerate(runs):
        store_run(store, run, methodology, _Clock(1_640_995_200_000 + 60_000 * n))
    return store


class GradingVerbs:
    """Verbs that read: the real board, and told answers; remembers what persons did."""

    def __init__(self, store: MemoryStore, told: Mapping[str, Any]) -> None:
        self._context = Context(SimpleNamespace(store=store), lambda: None)  # type: ignore[arg-type]
        self._told = dict(told)
        self.acts: list[tuple[str, Mapping[str, Any], str]] = []
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    @property
    def verb_names(self) -> list[str]:
        return ["board", *self._told]

    def run(self, verb: str, body: Mapping[str, Any]) -> dict[str, Any]:
        raise LookupError(verb)

    def import_file(self, path: str, options: Mapping[str, Any]) -> dict[str, Any]:
        raise ValueError(path)

    def read(self, verb: str, body: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append((verb, body))
        if verb == "board":
            board = BOARD_VERBS["board"]
            return board.do(self._context, msgspec.convert(dict(body), board.request))
        return self._answer(verb, body)

    def act(self, verb: str, body: Mapping[str, Any], token: str) -> dict[str, Any]:
        self.acts.append((verb, body, token))
        return self._answer(verb, body)

    def _answer(self, verb: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if verb not in self._told:
            raise LookupError(f"verb was {verb!r}")
        told: dict[str, Any] | Callable[[Mapping[str, Any]], dict[str, Any]] = self._told[verb]
        return told(body) if callable(told) else told


def told_answers(run: GradingRun) -> dict[str, Any]:
    """Return what the verbs of explanations, runs, tables and quarters answer about ``run``."""
    return {
        "uncertainty": uncertainty_of(run),
        "explain": {"tree": TREE, "bridges": []},
        "explain_file": {"file_name": "explanation.xlsx", "content_base64": "UEs="},
        "grade_history": {"rows": grade_rows(run)[:1]},
        "quarter_show": LIFE,
        "reply_list": {"rows": [APPEAL]},
        "quarter_act": LIFE | {"state": "conferred"},
        "appeal_trial": {
            "label_zh": "试算，不作为正式结果",
            "label_en": "A trial, not official",
            "rows": [
                moved("B3", "示例银行B3", "fair", "good"),
                moved("B4", "示例银行B4", "good", "fair"),
            ],
        },
        "what_if": what_if_of(run),
        "methodology_list": {"rows": [METHODOLOGY]},
        "methodology_apply": applied,
    }


def uncertainty_of(run: GradingRun) -> dict[str, Any]:
    return {
        "choices": {"draw_count": 1000, "seed": 1},
        "assumptions": [{"zh": "权重在±20%以内变动", "en": "weights vary by up to 20 %"}],
        "effects": [{"zh": "权重", "en": "weights", "changed_percent": "5.1"}],
        "note_zh": "不作为正式结果",
        "note_en": "not official",
        "rows": [{"bank_id": bank.bank_id, "kept_percent": "87.5"} for bank in run.banks],
    }


def what_if_of(run: GradingRun) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return a what-if that knows one supposition: the cut-off of excellent at 95 points."""

    def answer(body: Mapping[str, Any]) -> dict[str, Any]:
        assert body["supposed"] == "[methodology.cut_offs]\nexcellent = 95\n"
        levels = [replaced(RULE.grading.levels[0], points_min=95), *RULE.grading.levels[1:]]
        grading = replaced(RULE.grading, levels=levels)
        banks = grade_table(table_of(run), replaced(RULE, grading=grading))
        supposed = replaced(run, banks=banks, is_what_if=True, run_id="whatif-1")
        return {
            "run_id": "whatif-1",
            "is_what_if": True,
            "supposed_zh": ["优秀分数线 95"],
            "supposed_en": ["cut-off of excellent 95"],
            "rows": grade_rows(supposed),
            "changes": [],
        }

    return answer


def applied(body: Mapping[str, Any]) -> dict[str, Any]:
    """Grade a table of one line, or name the line that does not fit."""
    assert body["methodology"] == "illustrative-quarterly@2"
    if "zero" in body["values"]:
        raise ValueError("values.csv:3:growth: found 'zero', expected a number")
    return {
        "is_illustrative": True,
        "note_zh": "不作为正式结果",
        "note_en": "not official",
        "rows": [
            {
                "bank_id": "N1",
                "points": "88.50",
                "grade": "excellent",
                "grade_zh": "优秀",
                "grade_en": "Excellent",
                "rank": 1,
                "reasons": [{"zh": "增速居首", "en": "grew fastest"}],
            }
        ],
    }


def moved(bank_id: str, name: str, before: str, after: str) -> dict[str, Any]:
    return {
        "bank_id": bank_id,
        "bank_name": name,
        "grade_before": before,
        "grade": after,
        "points_before": "77.14",
        "points": "80.00",
        "rank_before": 5,
        "rank": 4,
        "why": "values" if bank_id == "B3" else "others",
    }


METHODOLOGY = {
    "methodology": "illustrative-quarterly",
    "columns": ["growth"],
    "version": 2,
    "label_zh": "示例办法",
    "label_en": "Illustrative methodology",
    "basis_zh": "示例",
    "basis_en": "An example",
    "is_illustrative": True,
    "effective_from": "2018Q1",
    "effective_to": "",
}
TREE = {
    "key": "grade",
    "zh": "档次",
    "en": "Grade",
    "printed": "优秀 / Excellent",
    "value": "excellent",
    "formula_zh": "总分达到的最高档次",
    "formula_en": "the best grade that the total reaches",
    "children": [
        {
            "key": "total",
            "zh": "总分",
            "en": "Total",
            "printed": "77.14",
            "value": "540/7",
            "formula_zh": "权重 × 得分",
            "formula_en": "weight × points",
            "numbers": "100 × 77.14 ÷ 100",
            "children": [
                {"key": "weight", "zh": "权重", "en": "Weight", "printed": "100", "value": "100"}
            ],
        }
    ],
}
_ACT = {
    "number": 1,
    "act": "cut",
    "act_zh": "截数",
    "act_en": "cut",
    "person": "zhang",
    "role": "maker",
    "role_zh": "经办",
    "role_en": "maker",
    "bank_id": "",
    "at": "2022-01-10 09:00:00",
    "said_zh": "理由 按期",
    "said_en": "reason on time",
    "sha256": "c" * 64,
}
LIFE = {
    "quarter": "2021Q4",
    "state": "commenting",
    "state_zh": "征求意见",
    "state_en": "banks comment",
    "version": 2,
    "run_id": "a" * 64,
    "published": [
        {
            "version": 1,
            "run_id": "a" * 64,
            "document_number": "示例〔2022〕1号",
            "published_at": "2022-01-20 09:00:00",
            "signers": [],
        }
    ],
    "allowed_acts": [{"act": "close_comments", "zh": "意见截止", "en": "close comments"}],
    "acts": [_ACT],
    "rows": [_ACT],
    "broken_at": 0,
}
APPEAL = {
    "number": 7,
    "act": "appeal",
    "act_zh": "申诉",
    "act_en": "appeal",
    "bank_id": "B3",
    "person": "bank-b3",
    "at": "2022-01-11 09:00:00",
    "text": "增速漏报一户",
    "column": "private_growth_ytd",
    "value": "40.1",
    "evidence_sha256": "d" * 64,
    "answer": "",
    "decision": "",
}
