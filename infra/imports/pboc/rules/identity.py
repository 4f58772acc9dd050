"""Are identifiers well formed, and is nobody's identity card number sent in clear?"""

import datetime as dt
from collections.abc import Iterator

from infra.imports.pboc.parties import (
    CREDIT_CODE,
    DIGEST_SIZE,
    MASKED_SIZE,
    ORGANISATION_CODE,
    PERSON,
    RESIDENT,
    judged,
)
from infra.imports.pboc.rows import Rows
from infra.imports.pboc.rule import Breach, Level, Rule

_BIRTH_DAY_MIN = 19000101
_RIGHT_CHECK = ("校验码正确的代码", "a code with the right check character")
_EPOCH = dt.date(1970, 1, 1)
_MASKED_EXAMPLE = "310101199001010cc175b9c0f1b6a831c399e269772661"


def _other_institution(rows: Rows) -> Iterator[Breach]:
    is_other = ~rows.one_of("institution_id", (rows.institution_id,))
    yield Breach(
        "institution_id",
        is_other & ~rows.is_blank("institution_id"),
        f"文件名中的机构代码 {rows.institution_id}",
        f"the institution in the file's name, {rows.institution_id}",
    )


def _no_credit_code(rows: Rows) -> Iterator[Breach]:
    for party in judged(rows):
        is_wrong = party.is_type(CREDIT_CODE) & ~party.is_blank & ~party.is_resident
        yield Breach(
            party.party.id_field,
            party.of_rows(is_wrong & ~party.is_credit_code),
            "18 位统一社会信用代码, 否则证件类型应为 A03",
            "a unified social credit code of 18 characters, or else the kind A03",
        )


def _wrong_check_of_credit_code(rows: Rows) -> Iterator[Breach]:
    for party in judged(rows):
        is_shaped = party.is_type(CREDIT_CODE) & party.is_credit_code
        yield Breach(
            party.party.id_field, party.of_rows(is_shaped & party.is_wrong_check), *_RIGHT_CHECK
        )


def _wrong_check_of_organisation_code(rows: Rows) -> Iterator[Breach]:
    for party in judged(rows):
        is_shaped = party.is_type(ORGANISATION_CODE) & party.is_organisation_code
        yield Breach(
            party.party.id_field, party.of_rows(is_shaped & party.is_wrong_check), *_RIGHT_CHECK
        )


def _no_organisation_code(rows: Rows) -> Iterator[Breach]:
    for party in judged(rows):
        is_wrong = party.is_type(ORGANISATION_CODE) & ~party.is_blank & ~party.is_resident
        yield Breach(
            party.party.id_field,
            party.of_rows(is_wrong & ~party.is_organisation_code),
            "9 位组织机构代码, 不带连字符",
            "9 characters without a hyphen",
        )


def _person_in_clear(rows: Rows) -> Iterator[Breach]:
    for party in judged(rows):
        yield Breach(
            party.party.id_field,
            party.of_rows(party.is_resident),
            "脱敏后的证件代码",
            "a masked identifier",
        )


def _no_birth_day(rows: Rows) -> Iterator[Breach]:
    period_end = _EPOCH + dt.timedelta(days=rows.period_last_day)
    last = period_end.year * 10_000 + period_end.month * 100 + period_end.day
    for party in judged(rows):
        day = party.birth_day
        is_wrong = party.is_type(RESIDENT) & (day != 0)
        yield Breach(
            party.party.id_field,
            party.of_rows(is_wrong & ((day < _BIRTH_DAY_MIN) | (day > last))),
            f"第 7-14 位为 {_BIRTH_DAY_MIN} 至 {last} 之间的日期",
            f"characters 7 to 14 a date from {_BIRTH_DAY_MIN} to {last}",
        )


def _unmasked_person(rows: Rows) -> Iterator[Breach]:
    for party in judged(rows):
        is_masked = party.is_type(RESIDENT) & party.is_masked(MASKED_SIZE)
        is_masked |= ~party.is_type(RESIDENT) & party.is_masked(DIGEST_SIZE)
        is_wrong = party.is_type_like(PERSON) & ~party.is_blank & ~party.is_resident
        yield Breach(
            party.party.id_field,
            party.of_rows(is_wrong & ~is_masked),
            "身份证(B01)为前 14 位加 32 位 MD5, 其他个人证件为 32 位 MD5",
            "B01: the first 14 characters and 32 hexadecimal digits; other persons: 32 digits",
        )


RULES = (
    Rule(
        "1",
        Level.REFUSE,
        ("institution_id",),
        _other_institution,
        "每行的金融机构代码应与文件名一致",
        "Every row is of the institution in the file's name",
        "91310000XXBANK018C",
    ),
    Rule(
        "9",
        Level.REFUSE,
        (),
        _no_credit_code,
        "证件类型为 A01 时, 证件代码应为统一社会信用代码: 登记部门、行政区划和字符均有效",
        "An identifier of kind A01 is a unified social credit code: body, region and characters",
        "91310115XXDEM0015M",
    ),
    Rule(
        "10",
        Level.WARN,
        (),
        _wrong_check_of_credit_code,
        "统一社会信用代码的校验码应正确",
        "The check character of a unified social credit code is right",
        "91310115XXDEM0015M",
    ),
    Rule(
        "10",
        Level.WARN,
        (),
        _wrong_check_of_organisation_code,
        "组织机构代码的校验码应正确",
        "The check character of an organisation code is right",
        "XXDEM0015",
    ),
    Rule(
        "11",
        Level.REFUSE,
        (),
        _no_organisation_code,
        "证件类型为 A02 时, 证件代码应为 9 位组织机构代码, 不带连字符",
        "An identifier of kind A02 is an organisation code of 9 characters without a hyphen",
        "XXDEM0015",
    ),
    Rule(
        "12",
        Level.REFUSE,
        (),
        _person_in_clear,
        "不得报送明文身份证号码, 报送前应脱敏",
        "No resident's identity number is sent in clear; it is masked before it is sent",
        _MASKED_EXAMPLE,
    ),
    Rule(
        "12",
        Level.WARN,
        (),
        _no_birth_day,
        "脱敏身份证号码中的出生日期应为 1900 年至报告期末的真实日期",
        "The birth date in a masked identity number is a real one, from 1900 to the period's end",
        _MASKED_EXAMPLE,
    ),
    Rule(
        "13",
        Level.REFUSE,
        (),
        _unmasked_person,
        "个人证件代码应已脱敏: 身份证(B01)共 46 位, 其他个人证件共 32 位",
        "A person's identifier is masked: 46 characters for B01, 32 for all other kinds",
        _MASKED_EXAMPLE,
    ),
)
