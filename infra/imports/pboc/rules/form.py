"""Is every field filled and written as the interface wants it: blanks, dates, decimals, codes."""

from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc

from infra.imports.pboc.field_values import DIGITS_MAX
from infra.imports.pboc.parties import CREDIT_CODE, ORGANISATION_CODE, PERSON, judged
from infra.imports.pboc.rows import Rows, sizes_of
from infra.imports.pboc.rule import FORM, MANDATORY, Breach, Level, Rule
from infra.imports.pboc.table_spec import CODE_LISTS, CodeList, Field
from schemas.units import BoolArray

# Personal tables: rows of overdrafts leave these blank, all other rows fill them.
OVERDRAFT = "F04"
_BLANK_FOR_OVERDRAFTS = ("disbursed_on", "matures_on", "reprices_on", "is_first_loan")
_PERSONAL = ("GRDKFS", "CLGRDK")
_FILLED = ("必填", "a value")

_STRIPPED_MARKS = "!?^！？ "
_TEXT_MARKS = {
    "purpose_text": _STRIPPED_MARKS,
    "registered_address": _STRIPPED_MARKS,
    "business_scope": ",",
}
_LISTED_CODES_MAX = 12


def _blank(rows: Rows) -> Iterator[Breach]:
    for field in rows.spec.fields:
        if field.need == "M":
            yield Breach(field.name, rows.is_blank(field.name), *_FILLED)


def _blank_where_no_overdraft(rows: Rows) -> Iterator[Breach]:
    is_other = ~rows.starting("product_code", (OVERDRAFT,)) & ~rows.is_blank("product_code")
    for name in _BLANK_FOR_OVERDRAFTS:
        yield Breach(name, rows.is_blank(name) & is_other, *_FILLED)


def _no_date(rows: Rows) -> Iterator[Breach]:
    for field in rows.spec.fields:
        if field.is_date:
            yield Breach(
                field.name,
                rows.day(field.name).is_bad,
                "YYYY-MM-DD 形式的真实日期",
                "a real date as YYYY-MM-DD",
            )


def _wrong_decimals(rows: Rows) -> Iterator[Breach]:
    for field in rows.spec.fields:
        if field.is_number:
            zh = f"{field.decimals} 位小数" if field.decimals else "整数, 不带小数点"
            en = f"{field.decimals} decimals" if field.decimals else "a whole number"
            yield Breach(
                field.name,
                rows.number(field.name).is_bad,
                f"{zh}, 至多 {DIGITS_MAX} 位数字",
                f"{en}, at most {DIGITS_MAX} digits",
            )


def _too_long(rows: Rows) -> Iterator[Breach]:
    for field in rows.spec.fields:
        if field.is_number:
            yield _too_many_digits(rows, field)
        elif not field.is_date and not _is_of_closed_list(field):
            is_wrong = _is_of_wrong_length(rows, field)
            if field.is_exact_length:
                zh, en = f"{field.length_max} 个字符", f"{field.length_max} characters"
            else:
                zh = f"至多 {field.length_max} 个字符"
                en = f"at most {field.length_max} characters"
            yield Breach(field.name, is_wrong, zh, en)


def _too_many_digits(rows: Rows, field: Field) -> Breach:
    number = rows.number(field.name)
    zh, en = f"至多 {field.length_max} 位数字", f"at most {field.length_max} digits"
    if field.length_max >= DIGITS_MAX:  # What is longer is no number that can be read.
        return Breach(field.name, np.zeros(rows.size, np.bool_), zh, en)
    return Breach(field.name, np.abs(number.value) >= 10**field.length_max, zh, en)


def _is_of_closed_list(field: Field) -> bool:
    return bool(field.code_list) and CODE_LISTS[field.code_list].is_closed


def _is_of_wrong_length(rows: Rows, field: Field) -> BoolArray:
    """Return the rows whose field is not blank and too long, or not as long as it must be."""
    texts = rows.texts(field.name)
    sizes = sizes_of(texts)
    # A text has no more characters than bytes: mostly that settles it.
    if field.is_exact_length:
        if ((sizes == field.length_max) | (sizes == 0)).all() and _is_ascii(rows, field):
            return np.zeros(rows.size, np.bool_)
    elif not (sizes > field.length_max).any():
        return np.zeros(rows.size, np.bool_)
    characters = pc.utf8_length(texts).to_numpy(zero_copy_only=False)
    if field.is_exact_length:
        is_wrong: BoolArray = (characters != field.length_max) & (characters > 0)
    else:
        is_wrong = characters > field.length_max
    return is_wrong


def _is_ascii(rows: Rows, field: Field) -> bool:
    return bool(pc.all(pc.string_is_ascii(rows.texts(field.name)), min_count=0).as_py())


def _long_in_bytes(rows: Rows) -> Iterator[Breach]:
    for field in rows.spec.fields:
        if field.is_number or field.is_date or field.code_list or field.is_exact_length:
            continue
        is_long = sizes_of(rows.texts(field.name)) > field.length_max
        if is_long.any():
            yield Breach(
                field.name,
                is_long & ~_is_of_wrong_length(rows, field),
                f"至多 {field.length_max} 个字节",
                f"at most {field.length_max} bytes",
            )


def _forbidden_marks(rows: Rows) -> Iterator[Breach]:
    for name, marks in _TEXT_MARKS.items():
        if name in rows.names:
            written = " ".join("空格" if mark == " " else mark for mark in marks)
            in_english = " ".join("space" if mark == " " else mark for mark in marks)
            yield Breach(
                name, _has_mark(rows, name, marks), f"不含 {written}", f"none of {in_english}"
            )


def _has_mark(rows: Rows, name: str, marks: str) -> BoolArray:
    texts = rows.texts(name)
    content = memoryview(texts.buffers()[2] or b"").tobytes() if rows.size else b""
    # One look at all bytes of the column: mostly there is none in any row.
    present = [mark for mark in marks if mark.encode() in content]
    if not present:
        return np.zeros(rows.size, np.bool_)
    one_of = "".join(f"\\x{{{ord(mark):x}}}" for mark in present)
    found = pc.match_substring_regex(texts, f"[{one_of}]")
    has: BoolArray = found.to_numpy(zero_copy_only=False)
    return has


def _unkeepable_identifier(rows: Rows) -> Iterator[Breach]:
    for party in judged(rows):
        # The rules for these three kinds say more.
        is_own = party.is_type(CREDIT_CODE, ORGANISATION_CODE) | party.is_type_like(PERSON)
        is_wrong = ~party.is_blank & ~is_own & ~party.is_resident & party.is_unkeepable
        yield Breach(
            party.party.id_field,
            party.of_rows(is_wrong),
            "不含空格和引号",
            "no space and no quotation mark",
        )


def _unknown_code(rows: Rows, *, is_closed: bool) -> Iterator[Breach]:
    for field in rows.spec.fields:
        if not field.code_list:
            continue
        codes = CODE_LISTS[field.code_list]
        # A list of which nothing is known judges nobody.
        if codes.is_closed is is_closed and (codes.codes or codes.patterns):
            is_unknown = _by_value(rows, field.name, codes, is_doubtful=False)
            if not is_closed and is_unknown.any():
                is_unknown &= ~_is_of_wrong_length(rows, field)
            yield Breach(field.name, is_unknown, *_expected(codes))
    if is_closed:
        yield from _unknown_kind_of_controller(rows)


def _by_value(rows: Rows, name: str, codes: CodeList, *, is_doubtful: bool) -> BoolArray:
    coded = rows.coded(name)
    wanted = [
        bool(value) and (value in codes.doubtful if is_doubtful else not codes.knows(value))
        for value in coded.values
    ]
    if not any(wanted):
        return np.zeros(rows.size, np.bool_)
    taken: BoolArray = np.array(wanted, np.bool_)[coded.codes]
    return taken


def _unknown_kind_of_controller(rows: Rows) -> Iterator[Breach]:
    codes = CODE_LISTS["id_type"]
    for party in judged(rows):
        if party.party.is_list:
            is_unknown = party.is_type_unknown(frozenset(codes.codes))
            yield Breach(party.party.type_field, party.of_rows(is_unknown), *_expected(codes))


def _expected(codes: CodeList) -> tuple[str, str]:
    listed = " ".join(list(codes.codes)[:_LISTED_CODES_MAX])
    if codes.patterns or len(codes.codes) > _LISTED_CODES_MAX:
        zh = f"{codes.zh}代码" + (f", 如 {listed}" if listed else "")
        en = f"a code: {codes.en}" + (f", such as {listed}" if listed else "")
        return zh, en
    return f"{codes.zh}: {listed}", f"{codes.en}: {listed}"


def _code_not_in_list(rows: Rows) -> Iterator[Breach]:
    return _unknown_code(rows, is_closed=True)


def _code_to_be_confirmed(rows: Rows) -> Iterator[Breach]:
    yield from _unknown_code(rows, is_closed=False)
    for field in rows.spec.fields:
        if field.code_list and (codes := CODE_LISTS[field.code_list]).doubtful:
            is_doubtful = _by_value(rows, field.name, codes, is_doubtful=True)
            sure = " ".join(code for code in codes.codes if code not in codes.doubtful)
            yield Breach(field.name, is_doubtful, f"{codes.zh}: {sure}", f"{codes.en}: {sure}")


RULES = (
    Rule(
        MANDATORY,
        Level.REFUSE,
        (),
        _blank,
        "必填字段不得为空",
        "A mandatory field is filled",
        "CNY",
    ),
    Rule(
        MANDATORY,
        Level.REFUSE,
        ("product_code", *_BLANK_FOR_OVERDRAFTS),
        _blank_where_no_overdraft,
        "除透支类(F04)外, 个人贷款的发放日期、到期日期、重新定价日、是否首次贷款不得为空",
        "A personal loan that is no overdraft (F04) has its dates and says whether it is the first",
        "2026-09-03",
        tables=_PERSONAL,
    ),
    Rule(
        FORM,
        Level.REFUSE,
        (),
        _no_date,
        "日期应为 YYYY-MM-DD 形式的真实日期",
        "A date is a real one, written YYYY-MM-DD",
        "2026-09-03",
    ),
    Rule(
        "6",
        Level.REFUSE,
        (),
        _wrong_decimals,
        "金额固定 2 位小数, 利率固定 5 位小数, 笔数和人数为整数, 不用千分位和科学计数法",
        "Amounts have 2 decimals, rates 5, counts none; no thousands mark, no exponent",
        "3000000.00",
    ),
    Rule(
        "7",
        Level.REFUSE,
        (),
        _too_long,
        "字段长度不得超过规范(按字符计)",
        "A field is as long as the standard allows, in characters",
        "XJ26090001",
    ),
    Rule(
        "7",
        Level.WARN,
        (),
        _long_in_bytes,
        "按字符计未超长, 但按 UTF-8 字节计超长, 有的系统按字节检查",
        "Short enough in characters, too long in bytes of UTF-8, which some systems count",
        "流动资金周转",
    ),
    Rule(
        "8",
        Level.REFUSE,
        (),
        _forbidden_marks,
        "贷款用途和地址中不得有空格和 ! ? ^ ！ ？, 经营范围中的英文逗号应改为中文逗号",
        "No space and none of ! ? ^ in purposes and addresses; no ASCII comma in a business scope",
        "采购电子元件",
    ),
    Rule(
        "8",
        Level.REFUSE,
        (),
        _unkeepable_identifier,
        "证件代码中不得有空格、引号和不可见字符",
        "No space, quotation mark or invisible character stands in an identifier",
        "310000400123456",
    ),
    Rule(
        "14",
        Level.REFUSE,
        (),
        _code_not_in_list,
        "代码应在规范的值域之内",
        "A code is one of the standard's list",
        "C01",
    ),
    Rule(
        "14",
        Level.WARN,
        (),
        _code_to_be_confirmed,
        "代码不在已知值域之内或有待确认, 先行接收, 请核对",
        "The code is not known or to be confirmed; it is accepted, please check it",
        "F022",
    ),
)
