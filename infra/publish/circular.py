"""The circular (通报) of a quarter, in one of three editions, in the form of GB/T 9704-2012.

    agencies    every bank: grade, points, rank, figures, reasons
    bank        one bank: its own, and its group's spread where at least five stand behind it
    public      groups only, small cells hidden

A circular goes downwards, so it has no 签发人; 份号 and 密级 stand only on classified documents.
"""

from infra.publish.agencies import load_agencies
from infra.publish.document import (
    Document,
    Edition,
    Imprint,
    Label,
    Letterhead,
    checked,
)
from infra.publish.edition_agencies import agencies_blocks
from infra.publish.edition_bank import bank_blocks, bank_of
from infra.publish.edition_public import public_blocks
from infra.publish.pieces import bank_label
from infra.publish.subject import Subject, day_label, marks, quarter_label
from schemas.codes import Population

_DRAFT_NUMBER = Label(zh="文号：通报时编定", en="Number: given on publication")
_DRAFT_DATE = Label(zh="（草稿，成文日期待定）", en="(draft, not dated)")
_TO_BE_CONFIRMED = Label(
    zh="（发文机关名称按日期取自配置文件，待确认。）",
    en="(The names of the agencies follow a file, by date, and are to be confirmed.)",
)
_NO_FILE_FOR_ALL = Label(zh="公开版", en="public edition")


def circular(subject: Subject, edition: Edition, *, bank_id: str = "") -> Document:
    """Return the document; raise MissingFigureError where a figure of it is not there.

    Raises ValueError where the edition needs a bank or must not have one, LookupError for a bank
    that the run has not graded.
    """
    if (edition == "bank") != bool(bank_id):
        raise ValueError(
            f"edition was {edition!r} and bank {bank_id!r}, expected a bank with the edition of a "
            "bank and with no other: --edition bank --bank BANK_ID"
        )
    agencies, day = load_agencies(), subject.named_on
    issuers = agencies.issuers(day, subject.issuer_keys)
    published, published_on = subject.published, subject.published_on
    number = published.document_number if published else ""
    dated = day_label(published_on) if published_on else _DRAFT_DATE
    copies = agencies.copies_to
    return checked(
        Document(
            edition=edition,
            quarter=subject.run.quarter,
            run_id=subject.run.run_id,
            bank_id=bank_id,
            marks=marks(subject),
            letterhead=Letterhead(
                agencies=issuers,
                document_number=Label(zh=number, en=number) if number else _DRAFT_NUMBER,
            ),
            title=_title(subject, edition),
            recipients=_recipients(subject, edition, bank_id),
            blocks=_blocks(subject, edition, bank_id),
            signatures=issuers,
            dated=dated,
            closing_note=None if agencies.is_confirmed else _TO_BE_CONFIRMED,
            imprint=Imprint(
                copies_to=Label(zh=copies.zh, en=copies.en) if edition == "agencies" else None,
                printed_by=agencies.printer(day),
                printed_on=dated,
            ),
        )
    )


def _blocks(subject: Subject, edition: Edition, bank_id: str) -> list:  # type: ignore[type-arg]
    if edition == "agencies":
        return agencies_blocks(subject)
    return bank_blocks(subject, bank_id) if edition == "bank" else public_blocks(subject)


def _title(subject: Subject, edition: Edition) -> Label:
    quarter = quarter_label(subject.quarter)
    named = {column.population for column in subject.methodology.columns}
    is_both = {Population.PRIVATE, Population.SMALL_MICRO} <= named
    whose_zh, whose_en = (
        ("民营企业、小微企业", " to private, small and micro firms") if is_both else ("", "")
    )
    published = subject.published
    version = published.version if published else 1
    again_zh, again_en = (
        (f"（第{version}版）", f" (version {version})") if version > 1 else ("", "")
    )
    public_zh, public_en = (
        (f"（{_NO_FILE_FOR_ALL.zh}）", f" ({_NO_FILE_FOR_ALL.en})")
        if edition == "public"
        else ("", "")
    )
    return Label(
        zh=f"关于{quarter.zh}银行业金融机构{whose_zh}信贷投放评估情况的通报{again_zh}{public_zh}",
        en=f"Circular on the assessment of bank lending{whose_en} in {quarter.en}"
        f"{again_en}{public_en}",
    )


def _recipients(subject: Subject, edition: Edition, bank_id: str) -> Label | None:
    if edition == "public":
        return None
    if edition == "bank":
        return bank_label(bank_of(subject, bank_id))
    words = load_agencies().recipients
    return Label(zh=words.zh, en=words.en)
