"""What each edition says, and what it must not say."""

import datetime as dt
import re
from fractions import Fraction

import msgspec
import pytest

from infra.answers import grade_rows, growth_rows, rate_rows
from infra.publish.agencies import load_agencies
from infra.publish.circular import circular
from infra.publish.document import (
    Document,
    Figure,
    MissingFigureError,
    Paragraph,
    Table,
    figures,
    pieces,
    said,
)
from infra.publish.group_figures import populations_of
from infra.publish.pieces import with_status
from infra.publish.subject import Subject
from infra.reference_data import load_methodology
from infra.tables_for_people import yi_text
from processors.grading.run import grade
from schemas.codes import Basis, Population
from schemas.grading import AppliedCap
from schemas.quarter_life import Change, QuarterLife
from tests.infra.publish.circular_story import QUARTER, published_life, stored, subject
from tests.infra.publish.manual_story import LONG, manual_subject
from tests.stored_totals import StoredTotals

BANK = "B007"
replaced = msgspec.structs.replace


def of(edition: str = "agencies", bank_id: str = "", about: Subject | None = None) -> Document:
    return circular(about or subject(), edition, bank_id=bank_id)


def table(document: Document, name: str) -> Table:
    return next(
        block for block in document.blocks if isinstance(block, Table) and block.name == name
    )


def by_key(document: Document) -> dict[str, Figure]:
    return {figure.key: figure for figure in figures(document)}


def all_text(document: Document) -> str:
    return "\n".join(f"{piece.zh}\n{piece.en}" for _, piece in pieces(document))


def test_grades_points_and_values_equal_those_of_the_api() -> None:
    told = by_key(of())

    for row in grade_rows(subject().run):
        bank = row["bank_id"]
        assert told[f"{bank}/grade"].zh == row["grade_zh"]
        assert told[f"{bank}/grade"].en == row["grade_en"]
        assert told[f"{bank}/points"].zh == (row["points"] or "未计分")
        for indicator in row["indicators"]:
            value = told[f"{bank}/{indicator['name']}/value"]
            points = told[f"{bank}/{indicator['name']}/points"]
            if indicator["status"] == "ok":
                assert value.zh == value.en == indicator["value"]
                assert points.zh == (indicator["points"] or "未计分")
            else:
                assert (value.status, value.zh) == (indicator["status"], "未报送")
    ranks = {bank.bank_id: bank.rank for bank in subject().run.banks}
    assert told[f"{BANK}/rank"].zh == str(ranks[BANK])


def test_growth_and_rates_of_groups_equal_those_of_the_api() -> None:
    told = by_key(of())

    for population in populations_of(subject()):
        asked = {"quarter": QUARTER, "population": population}
        for row in growth_rows(subject().results, basis=Basis.YTD, **asked):
            key = f"{QUARTER}/{population}/{row['bank_id']}"
            if row["kind"] == "aggregate":
                assert told[f"{key}/growth_percent"].zh == row["growth_percent"]
                assert told[f"{key}/latest_minor"].zh == yi_text(row["latest_minor"])
                assert told[f"{key}/base_minor"].zh == yi_text(row["base_minor"])
                assert told[f"{key}/unit_count"].zh == str(row["unit_count"])
        for row in rate_rows(subject().results, **asked):
            key = f"{QUARTER}/{population}/{row['bank_id']}/new_rate_percent"
            if row["kind"] == "aggregate":
                assert told[key].zh == row["new_rate_percent"]


def test_the_counts_of_the_first_paragraph_are_those_of_the_run() -> None:
    told = by_key(of())

    assert [told[f"run/{name}_count"].zh for name in ("bank", "rated", "not_rated")] == [
        "24",
        "23",
        "1",
    ]


def test_reasons_and_caps_stand_with_their_clause() -> None:
    first, *others = subject().run.banks
    cap = AppliedCap(clause="第九条", zh="数据不实", en="False data", before="84.00", after="60.00")
    run = replaced(subject().run, banks=[replaced(first, caps=[cap]), *others])

    document = of(about=subject()._replace(run=run))

    assert [said(piece, "zh") for piece in table(document, "caps").rows[0]] == [
        first.name_zh, "数据不实", "第九条", "84.00", "60.00",
    ]  # fmt: skip
    reasons = {row[0].zh: row[2].zh for row in table(document, "reasons").rows}
    assert reasons[first.name_zh] == "".join(reason.zh for reason in first.reasons)


def test_items_by_hand_stand_with_value_points_and_clause() -> None:
    document = of(about=manual_subject())

    rows = [
        [said(piece, "zh") for piece in row[1:]]
        for row in table(document, "manual").rows
        if row[0].zh == "007银行"
    ]
    assert rows == [
        ["监管处罚", "是", "2.00", "第十二条"],
        [LONG, "部分落实", "1.00", "第十一条"],
    ]
    assert all(row[2].zh == "第十三条" for row in table(document, "caps").rows)
    assert (
        len([one for one in document.blocks if getattr(one, "name", "").startswith("values_")]) == 4
    )


def test_a_bank_is_told_no_spread_of_what_is_no_number() -> None:
    rows = {row[0].zh: row for row in table(of("bank", BANK, manual_subject()), "values").rows}

    assert [piece.zh for piece in rows[LONG][4:]] == ["不列示"] * 3
    assert rows["总分"][4].key == "group/national/points/lowest"


def test_groups_of_a_later_state_than_the_run_say_so() -> None:
    run = replaced(subject().run, data_version=subject().results.data_version - 1)

    assert "各类机构数据截至报文" in all_text(of(about=subject()._replace(run=run)))
    assert "各类机构数据截至报文" not in all_text(of())


def test_conferred_changes_stand_with_clause_and_minutes_of_their_version_alone() -> None:
    run = subject().run
    change = Change(
        number=7, act="change", bank_id=BANK, column="private_growth_ytd", value="12.0",
        clause="第五条", minutes="会议纪要1号", reason="更正", person="甲",
    )  # fmt: skip
    life = QuarterLife(quarter=str(QUARTER), run_id=run.run_id, changes=[change])

    texts = [
        piece.zh for piece in table(of(about=subject()._replace(life=life)), "changes").rows[0]
    ]
    earlier = of(about=subject()._replace(life=replaced(life, run_id="another")))

    assert texts[1:] == ["民营企业贷款增速（较年初）", "12.0", "第五条", "会议纪要1号"]
    assert not any(isinstance(one, Table) and one.name == "changes" for one in earlier.blocks)


def test_a_bank_reads_nothing_of_another_bank() -> None:
    document = of("bank", BANK)
    text = all_text(document)

    for bank in subject().run.banks:
        if bank.bank_id != BANK:
            assert bank.name_zh not in text
            assert bank.name_en not in text
            assert bank.bank_id not in text
    owners = {figure.key.split("/")[0] for figure in figures(document)}
    assert owners == {BANK, "group", "methodology"}


def test_a_bank_is_never_told_how_far_the_next_grade_is() -> None:
    text = all_text(of("bank", BANK))

    assert not re.search("距|差.*分|升至|next|distance|cut-off of|分数线为", text)
    for level in subject().methodology.grading.levels:
        if level.points_min:
            assert f"{level.points_min}.00" not in text
    assert "概率" not in text
    assert "probability" not in text


def test_the_spread_of_a_group_is_lowest_median_and_highest_of_its_rated_banks() -> None:
    run = subject().run
    mine = next(bank for bank in run.banks if bank.bank_id == BANK)
    peers = [bank for bank in run.banks if bank.group == mine.group]
    values = sorted(Fraction(bank.indicators[0].value_exact) for bank in peers)

    told = [piece.zh for piece in table(of("bank", BANK), "values").rows[0]]

    middle = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
    assert told[4:] == [f"{float(one):.1f}" for one in (values[0], middle, values[-1])]


def test_a_group_under_five_has_no_spread() -> None:
    results = stored({"rural": 4}).results()
    methodology = load_methodology()
    run = grade(results, methodology, QUARTER)
    about = Subject(run, methodology, results, QuarterLife(quarter=str(QUARTER)), is_synthetic=True)

    for row in table(of("bank", "B001", about), "values").rows:
        assert [piece.zh for piece in row[4:]] == ["不列示"] * 3


def test_a_bank_that_is_not_rated_reads_why() -> None:
    document = of("bank", "LATE")

    assert "不予评级" in all_text(document)
    assert all(piece.zh == "不列示" for piece in table(document, "values").rows[0][4:])


def test_every_edition_says_that_the_methodology_is_illustrative_and_the_data_synthetic() -> None:
    for edition, bank_id in (("agencies", ""), ("bank", BANK), ("public", "")):
        marks = [mark.en for mark in of(edition, bank_id).marks]
        assert "Illustrative methodology, not an official rule" in marks
        assert "Synthetic data" in marks
        assert "Trial draft, not official" in marks


def test_what_if_and_to_date_are_said_even_of_a_run_that_somebody_published() -> None:
    run = replaced(
        subject().run, is_what_if=True, is_to_date=True, supposed_zh=["甲"], supposed_en=["A"]
    )
    about = Subject(
        run,
        subject().methodology,
        subject().results,
        published_life(run.run_id),
        is_synthetic=False,
    )

    document = of(about=about)

    assert [mark.zh for mark in document.marks] == [
        "假设测算，不作为正式结果", "截至目前，季度未结束，不得通报", "示例办法，非官方规则",
    ]  # fmt: skip
    assert "假设：甲" in all_text(document)


def test_a_version_that_was_replaced_says_so_and_the_next_one_has_its_number() -> None:
    run = subject().run
    first = subject()._replace(life=published_life(run.run_id, "another"))
    second = subject()._replace(life=published_life("another", run.run_id))

    assert "已被后续版本取代" in [mark.zh for mark in of(about=first).marks]
    assert "（第2版）" in of(about=second).title.zh
    assert of(about=second).letterhead.document_number.zh == "鲁示例〔2022〕2号"


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2021-12-31", ["山东省地方金融监督管理局", "中国人民银行济南分行", "中国银行保险监督管理委员会山东监管局"]),
        ("2023-08-17", ["山东省地方金融监督管理局", "中国人民银行济南分行", "国家金融监督管理总局山东监管局"]),
        ("2024-06-01", ["山东省地方金融管理局", "中国人民银行山东省分行", "国家金融监督管理总局山东监管局"]),
    ],
)  # fmt: skip
def test_agencies_are_called_what_they_were_called_on_the_day(
    day: str, expected: list[str]
) -> None:
    issuers = load_agencies().issuers(dt.date.fromisoformat(day))

    assert [name.zh for name in issuers] == expected


def test_those_that_signed_issue_it_and_the_first_of_the_file_leads() -> None:
    document = of(about=subject(is_published=True))

    names = ["山东省地方金融监督管理局", "中国人民银行济南分行", "示例机关"]
    assert [name.zh for name in document.letterhead.agencies] == names
    assert [name.zh for name in document.signatures] == names
    assert "会签机关：" + "、".join(names) in all_text(document)


def test_names_that_nobody_confirmed_are_marked_so() -> None:
    note = of().closing_note
    assert note is not None
    assert "待确认" in note.zh


def test_the_form_is_that_of_a_circular_downwards() -> None:
    document = of(about=subject(is_published=True))

    assert (
        document.title.zh
        == "关于2021年第四季度银行业金融机构民营企业、小微企业信贷投放评估情况的通报"
    )
    assert document.recipients is not None
    assert document.recipients.zh.endswith("各成员单位")
    assert document.dated.zh == "2022年1月28日"
    assert document.imprint.printed_by.zh == "山东省地方金融监督管理局办公室"
    assert of("public").recipients is None
    mine = of("bank", BANK).recipients
    assert mine is not None
    assert mine.zh == "007银行"


def test_a_quarter_without_a_rated_bank_is_printed_too() -> None:
    told = StoredTotals()
    for n in range(4):
        told.bank(f"B{n}", "2021-12-31")
        told.total(f"B{n}", "2018Q4", Population.ALL, balance_change_minor=1)
    results = told.results()
    methodology = load_methodology()
    run = grade(results, methodology, QUARTER)
    about = Subject(run, methodology, results, QuarterLife(quarter=str(QUARTER)), is_synthetic=True)

    for edition in ("agencies", "public"):
        assert figures(of(edition, about=about))
        nobody = about._replace(run=replaced(run, banks=[]))
        assert any(isinstance(block, Paragraph) for block in of(edition, about=nobody).blocks)


def test_a_figure_without_text_and_status_is_refused_by_name() -> None:
    with pytest.raises(MissingFigureError, match="B1/x/value"):
        with_status("", "ok", "B1/x/value")
    assert with_status("", "not_reported", "B1/x/value").zh == "未报送"


def test_an_edition_of_a_bank_needs_a_bank_that_was_graded() -> None:
    with pytest.raises(ValueError, match="--edition bank --bank"):
        of("bank")
    with pytest.raises(ValueError, match="--edition bank --bank"):
        of("public", BANK)
    with pytest.raises(LookupError, match="puhui grade 2021Q4"):
        of("bank", "nobody")
