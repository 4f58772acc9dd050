"""A methodology with many indicators, items by hand, a bonus, a deduction and a cap."""

from decimal import Decimal
from fractions import Fraction
from functools import cache

import msgspec

from infra.publish.subject import Subject
from infra.reference_data import load_methodology
from processors.grading.run import grade
from processors.grading.table import Cell
from schemas.codes import Status
from schemas.methodology import Cap, Choice, Indicator, Methodology
from schemas.normalisers import ChoicePoints, YesNo
from schemas.quarter_life import QuarterLife
from tests.infra.publish.circular_story import QUARTER, stored

LONG = "落实小微企业授信尽职免责制度和内部资金转移定价优惠安排情况"
GIVEN = {
    "penalty": Cell(Fraction(1), Status.OK, "manual"),
    "system": Cell(Fraction(0), Status.OK, "manual", choice="partly"),
}


def methodology() -> Methodology:
    base = load_methodology()
    measured = [
        msgspec.structs.replace(
            one, name=f"{one.name}_{n}", code=f"1.{n}", weight_percent=Decimal(weight)
        )
        for n, (one, weight) in enumerate(
            zip([*base.indicators] * 3, [10, 10, 10, 10, 8, 8, 8, 8, 8, 8, 6, 6], strict=True), 1
        )
    ]
    penalty = Indicator(
        name="penalty", code="", label_zh="监管处罚", label_en="Penalty", measure="manual",
        kind="yes_no", role="deduction", points_max=Decimal(2), clause="第十二条",
        normaliser=YesNo(),
    )  # fmt: skip
    system = Indicator(
        name="system", code="", label_zh=LONG, label_en="Due-diligence exemption is in place",
        measure="manual", kind="choice", role="bonus", direction="none", points_max=Decimal(3), clause="第十一条",
        choices=[Choice(name="fully", zh="全面落实", en="fully"), Choice(name="partly", zh="部分落实", en="partly")],
        normaliser=ChoicePoints(points={"fully": Decimal(3), "partly": Decimal(1)}),
    )  # fmt: skip
    cap = Cap(
        clause="第十三条", zh="受到处罚的，总分不超过80分", en="A penalty caps the total at 80",
        when="penalty", total_at_most="80",
    )  # fmt: skip
    return msgspec.structs.replace(
        base, name="many", indicators=[*measured, penalty, system], caps=[cap]
    )


@cache
def manual_subject() -> Subject:
    results, asked = stored().results(), methodology()
    given = {
        (column, bank.bank_id): cell for bank in results.banks for column, cell in GIVEN.items()
    }
    run = grade(results, asked, QUARTER, given=given)
    return Subject(run, asked, results, QuarterLife(quarter=str(QUARTER)), is_synthetic=True)
