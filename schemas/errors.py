"""Every reason for which an event or a submission is refused or doubted, in Chinese and English.

A fault carries a code and what was found and expected; here is the sentence around them: where,
what was found, what was expected, and what to do. ``docs/reference/errors.md`` is made from it.
"""

from enum import Enum
from typing import Literal, NamedTuple

from schemas.columns import Fault
from schemas.expectations import in_chinese

Language = Literal["zh", "en"]


class Scope(Enum):
    """What becomes of what is at fault."""

    EVENT = "event"  # The event is refused; the rest of its submission counts.
    SUBMISSION = "submission"  # The whole submission is refused.
    WARNING = "warning"  # The event counts.


class Reason(NamedTuple):
    """One code: what is wrong, and what to do about it."""

    scope: Scope
    wrong_zh: str
    wrong_en: str
    remedy_zh: str
    remedy_en: str


_SEND_AGAIN_ZH = "请更正后放入新的报文重新报送该事件，event_id 可不变。"
_SEND_AGAIN_EN = (
    "Correct the event and send it again in a new submission; it may keep its event_id."
)
_RESEND_ZH = "请更正后用新的 seq 重新报送整份报文。"
_RESEND_EN = "Correct the submission and send all of it again under a new seq."
_SAME_SEQ_ZH = "该 seq 仍视为未收到；请更正后用同一 seq 重新报送。"
_SAME_SEQ_EN = (
    "The seq still counts as not received: correct the submission and send it with the same seq."
)


def _event(wrong_zh: str, wrong_en: str, remedy_zh: str = "", remedy_en: str = "") -> Reason:
    return Reason(
        Scope.EVENT,
        wrong_zh,
        wrong_en,
        remedy_zh or _SEND_AGAIN_ZH,
        remedy_en or _SEND_AGAIN_EN,
    )


def _submission(wrong_zh: str, wrong_en: str, remedy_zh: str = "", remedy_en: str = "") -> Reason:
    return Reason(
        Scope.SUBMISSION, wrong_zh, wrong_en, remedy_zh or _RESEND_ZH, remedy_en or _RESEND_EN
    )


REASONS: dict[str, Reason] = {
    # The bytes.
    "not_utf8": _event("不是 UTF-8 编码", "the bytes are not UTF-8"),
    "not_json": _event("不是一行一个 JSON 对象", "the line is not one JSON object"),
    "not_arrow": _submission("不是完整的 Arrow IPC 流", "the bytes are not one Arrow IPC stream"),
    "too_many_events": _submission(
        "一份报文中的事件过多",
        "the submission holds too many events",
        "请拆分为多份报文，用新的 seq 报送。",
        "Split it into several submissions and send them under new seqs.",
    ),
    "unknown_column": _submission("列名不在报送表结构中", "the table has a column we do not know"),
    "repeated_column": _submission("列名重复", "the table has a column twice"),
    "missing_column": _submission("缺少必需的列", "the table lacks a column"),
    "wrong_column_type": _submission("列的数据类型不符", "the column has the wrong type"),
    # The shape of an event.
    "unknown_type": _event("事件类型不存在", "there is no such event type"),
    "unknown_field": _event("该类事件没有此字段", "this event type has no such field"),
    "missing_field": _event("缺少必填字段", "a required field is missing"),
    "wrong_type": _event("字段的数据类型不符", "the field has the wrong type"),
    "unknown_word": _event("取值不在代码表中", "the word is not in its list"),
    "out_of_range": _event("数值超出允许范围", "the number is out of range"),
    "foreign_column": _event(
        "填写了该类事件没有的列", "a column is filled that this event type does not have"
    ),
    # Identifiers.
    "bad_event_id": _event("事件标识格式不符", "the event id is malformed"),
    "bad_bank_id_shape": _event("金融机构代码格式不符", "the bank id is malformed"),
    "bad_bank_id_check": _event(
        "金融机构代码的校验位不符", "the check character of the bank id is wrong"
    ),
    "bad_aggregate_id": _event(
        "汇总口径标识格式不符", "the id of the published total is malformed"
    ),
    "other_bank": _event(
        "事件所属机构与报送机构不一致", "the event is of another bank than its submission"
    ),
    "bad_borrower_id": _event("借款人标识格式不符", "the borrower id is malformed"),
    "unmasked_person_id": _event(
        "个人证件号码未脱敏，原文不予保存",
        "a resident's id number was sent in clear; it is not kept",
        "请按规定脱敏后重新报送，并检查系统中是否还有未脱敏的号码。",
        "Mask it, send the event again, and look for others like it.",
    ),
    "borrower_check_digit": Reason(
        Scope.WARNING,
        "借款人统一社会信用代码的校验位不符，事件已计入",
        "the check character of the borrower's credit code is wrong; the event counts",
        "请核对该代码；如确有误，请冲正后以正确代码重新报送。",
        "Check the code; if it is wrong, reverse the event and send it with the right one.",
    ),
    # Dates and words that must make sense.
    "future_date": _event("日期远晚于收到之日", "the date lies long after the day of receipt"),
    "bad_date": _event("日期无效", "the date is not valid"),
    "matures_before": _event("到期日早于业务日期", "the loan matures before it was made"),
    "bad_quarter": _event("季度无效", "the quarter is not valid"),
    "bad_city": _event("地区代码格式不符", "the city code is malformed"),
    "bad_industry": _event("行业代码格式不符", "the industry code is malformed"),
    # Money.
    "bad_currency": _event("币种代码无效", "the currency is not in ISO 4217"),
    "missing_cny_amount": _event("外币业务缺少折人民币金额", "the amount in yuan is missing"),
    "amount_mismatch": _event(
        "人民币业务的原币金额与折人民币金额不一致", "the two amounts of a yuan event differ"
    ),
    # Reversals.
    "reversal_of_reversal": _event(
        "不能冲正一笔冲正",
        "a reversal cannot be reversed",
        "请以新的 event_id 重新报送原事件。",
        "Send the first event again under a new event_id.",
    ),
    "not_reversible": _event(
        "该类事件以新报送替代旧报送，不能冲正",
        "events of this type are replaced, not reversed",
        "请以更高的 revision 报送更正后的事件。",
        "Send the corrected event with a higher revision.",
    ),
    "second_reversal": _event(
        "该事件已被冲正，本次不计",
        "the event was reversed before; this reversal does not count",
        "无需处理；如原事件仍有误，请重新报送正确的事件。",
        "Nothing to do; if figures are still wrong, send the correct event.",
    ),
    # The headers of a submission, judged by the pipeline.
    "bad_header": _submission(
        "报文头无效", "a header is missing or malformed", _SAME_SEQ_ZH, _SAME_SEQ_EN
    ),
    "unsupported_content_type": _submission(
        "报文格式不支持", "the content type is not supported", _SAME_SEQ_ZH, _SAME_SEQ_EN
    ),
    "unsupported_schema_version": _submission(
        "报文版本不支持", "the schema version is not supported", _SAME_SEQ_ZH, _SAME_SEQ_EN
    ),
    "sha256_mismatch": _submission(
        "报文内容与摘要不符", "the bytes do not fit their digest", _SAME_SEQ_ZH, _SAME_SEQ_EN
    ),
    "duplicate_seq_conflict": _submission(
        "同一 seq 已收到内容不同的报文，本次不计",
        "another submission with this seq came before; this one does not count",
        "请核对哪一份正确；更正请用冲正和新的 seq 报送。",
        "Find out which is right; correct by reversals under a new seq.",
    ),
    "lanes_changed": _submission(
        "通道数与此前报送不一致",
        "the number of lanes is another than before",
        "同一机构的通道数须保持不变；如需更改，请先与监管方约定切换。" + _SAME_SEQ_ZH,
        "A bank keeps its number of lanes; agree on a switch first. " + _SAME_SEQ_EN,
    ),
    "wrong_partition": _submission(
        "报文不在其键对应的分区",
        "the message is not in the partition of its key",
        "分区由键 bank/lane 的 murmur2 决定，即 Kafka 默认分区方式。" + _SAME_SEQ_ZH,
        "The partition is murmur2 of the key bank/lane, Kafka's default. " + _SAME_SEQ_EN,
    ),
    "bank_quarantined": _submission(
        "该通道差错过多，已暂停计入，报文原样保存",
        "the lane sent too much that was wrong and is quarantined; the bytes are kept",
        "请先更正系统差错；解除隔离后，以同一 seq 重新报送或由监管方重新纳入。",
        "Mend what is wrong; after the release send the same seq again, or have it re-admitted.",
    ),
    "wrong_lane": _event(
        "借款人不属于该通道",
        "the borrower does not belong to this lane",
        "通道为借款人标识的 CRC-32 除以通道数的余数，无借款人时为 0；请按此重新报送。",
        "The lane is CRC-32 of the borrower id modulo lanes, 0 without one; send it there.",
    ),
}


def explain(fault: Fault, lang: Language, place: str) -> str:
    """Return the sentence a bank reads: where, what was found, what was expected, what to do.

    Args:
        fault: of the decoder or the pipeline.
        lang: ``zh`` or ``en``.
        place: where the submission stands, such as lending[0]@17.

    """
    reason = REASONS[fault.code]
    if lang == "zh":
        where = f"{place} " + (f"第 {fault.position + 1} 条" if fault.position >= 0 else "整份报文")
        what = reason.wrong_zh + (f"（{fault.field}）" if fault.field else "")
        details = (("实际为", fault.found), ("应为", in_chinese(fault.expected)))
        facts = "".join(f"，{label} {text}" for label, text in details if text)
        return f"{where}：{what}{facts}。{reason.remedy_zh}"
    where = f"{place} " + (f"event {fault.position + 1}" if fault.position >= 0 else "submission")
    what = reason.wrong_en + (f" ({fault.field})" if fault.field else "")
    details = (("found", fault.found), ("expected", fault.expected))
    facts = "".join(f", {label} {text}" for label, text in details if text)
    return f"{where}: {what}{facts}. {reason.remedy_en}"
