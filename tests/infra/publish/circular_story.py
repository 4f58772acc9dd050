"""An invented province to print circulars of: five groups, one bank without a figure."""

from functools import cache

from infra.publish.subject import Subject
from infra.reference_data import load_methodology
from processors.grading.run import grade
from schemas.quarter import Quarter
from schemas.quarter_life import Published, QuarterLife, Signer
from tests.processors.test_grading import add
from tests.stored_totals import StoredTotals

QUARTER = Quarter(2021, 4)
PUBLISHED_AT_MS = 1_643_337_000_000  # 2022-01-28 in Shanghai.
GROUPS = {
    "large_commercial": 5,
    "joint_stock": 5,
    "city_commercial": 6,
    "rural": 6,
    "policy": 1,
}


def stored(groups: dict[str, int] | None = None, name_zh: str = "") -> StoredTotals:
    told = StoredTotals()
    n = 0
    for group, count in (GROUPS if groups is None else groups).items():
        for _ in range(count):
            names = {"name_zh": f"{name_zh}{n:03}银行", "name_en": f"Example Bank {n:03}"}
            city = {"city": "370200", "is_qingdao": True} if n % 4 == 3 else {}
            register = names | {"peer_group": group} | city
            add(told, f"B{n:03}", 3 + n * 7 % 40, 500_000 - n * 1_700, **register)
            n += 1
    told.bank("LATE", "2021-11-30", peer_group="rural", name_zh="迟报银行", name_en="Late Bank")
    return told


@cache
def subject(bank_count: int = 0, *, is_published: bool = False) -> Subject:
    """Return the story; with ``bank_count`` rural banks in place of its groups."""
    groups = {"rural": bank_count} if bank_count else None
    results = stored(groups).results()
    methodology = load_methodology()
    run = grade(results, methodology, QUARTER)
    life = QuarterLife(quarter=str(QUARTER))
    if is_published:
        life = published_life(run.run_id)
    return Subject(run, methodology, results, life, is_synthetic=True)


def published_life(*run_ids: str) -> QuarterLife:
    signers = [
        Signer(agency=agency, person="甲", at_ms=PUBLISHED_AT_MS)
        for agency in ("central_bank", "local_finance", "示例机关")
    ]
    published = [
        Published(
            version=n,
            run_id=run_id,
            published_at_ms=PUBLISHED_AT_MS,
            signers=signers,
            document_number=f"鲁示例〔2022〕{n}号",
        )
        for n, run_id in enumerate(run_ids, 1)
    ]
    return QuarterLife(
        quarter=str(QUARTER), state="published", run_id=run_ids[-1], published=published
    )
