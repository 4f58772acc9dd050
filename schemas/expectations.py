"""What may stand in a field, in words: the second half of every refusal, in English and Chinese.

A fault keeps the English text. ``in_chinese`` knows the same text in Chinese; figures, words and
dates in it stay as they are.
"""

import re

from schemas.quarter import FIRST_YEAR, LAST_YEAR

_CHINESE: list[tuple[re.Pattern[str], str]] = []


def _phrase(english: str, chinese: str) -> str:
    """Return ``english``, a text or a template with {} where a value stands; keep both."""
    pattern = re.escape(english).replace(r"\{\}", "(.*)")
    _CHINESE.append((re.compile(pattern, re.DOTALL), chinese))
    return english


def in_chinese(expected: str) -> str:
    """Return the same in Chinese; a text that is none of ours stays as it is."""
    for pattern, chinese in _CHINESE:
        match = pattern.fullmatch(expected)
        if match is not None:
            return chinese.format(*match.groups())
    return expected


# The bytes.
EXPECTED_UTF8 = _phrase("UTF-8 at byte {}", "第 {} 字节起为 UTF-8 编码")
EXPECTED_LINE = _phrase("one JSON object a line", "每行一个 JSON 对象")
EXPECTED_STREAM = _phrase("an Arrow IPC stream", "Arrow IPC 流")
EXPECTED_ONE_STREAM = _phrase("one stream and nothing after it", "仅一个流，其后无内容")
EXPECTED_ONCE = _phrase("every column once", "每列仅出现一次")
EXPECTED_COLUMN = _phrase("a column of the flat schema", "报送表结构中的列")
EXPECTED_TYPE_COLUMN = _phrase("the column that says what every row is", "标明每行事件类型的列")
EXPECTED_ARROW_TYPE = _phrase("Arrow type {}", "Arrow 类型 {}")
# The shape of an event.
EXPECTED_TYPE = _phrase("an event type of the catalog", "事件目录中的类型")
EXPECTED_REVERSIBLE = _phrase("an event type that can be reversed", "可以冲正的事件类型")
EXPECTED_FIELD = _phrase("a field of {}", "{} 的字段")
EXPECTED_EMPTY_COLUMN = _phrase("nothing in this column", "该列为空")
EXPECTED_TEXT = _phrase("text", "文本")
EXPECTED_BOOLEAN = _phrase("true or false", "true 或 false")
EXPECTED_RANGE = _phrase("an integer from {} to {}", "{} 至 {} 的整数")
EXPECTED_WORD = _phrase("one of {}", "下列之一：{}")
EXPECTED_BODY = _phrase("the whole event that is reversed", "被冲正事件的完整内容")
# Identifiers.
EXPECTED_EVENT_ID = _phrase("16 to 64 of A-Z a-z 0-9 . _ : -", "16 至 64 位字母、数字或 . _ : -")
EXPECTED_OTHER_ID = _phrase(
    "an id of its own, not that of the event it reverses", "冲正自身的标识，不同于被冲正事件的标识"
)
EXPECTED_BANK_ID = _phrase("18 characters of a unified social credit code", "18 位统一社会信用代码")
EXPECTED_CHECK = _phrase(
    "the check character of GB 32100 as the 18th", "第 18 位为 GB 32100 规定的校验码"
)
EXPECTED_ORGANISATION_CHECK = _phrase(
    "the check character of GB 11714 as the 9th", "第 9 位为 GB 11714 规定的校验码"
)
EXPECTED_AGGREGATE_ID = _phrase(
    "a lower-case word of up to 64 characters, such as rural", "不超过 64 位的小写单词，如 rural"
)
EXPECTED_BORROWER_ID = _phrase(
    "a unified social credit code (18), an organisation code (9), a masked personal id "
    "(14 characters and 32 hexadecimal digits, or 32 hexadecimal digits), or another id with its "
    "type before it, such as L01:5493001KJTIIGC8Y1R12 (up to 60 characters, no spaces, no quotes, "
    "no |)",
    "18 位统一社会信用代码、9 位组织机构代码、脱敏后的个人证件号码"
    "（前 14 位加 32 位十六进制摘要，或仅 32 位摘要），或前加证件类型的其他证件代码，"
    "如 L01:5493001KJTIIGC8Y1R12（不超过 60 个字符，不含空格、引号和 |）",
)
EXPECTED_MASKED_ID = _phrase(
    "a masked id: the first 14 characters and 32 hexadecimal digits of a digest",
    "脱敏后的号码：前 14 位加 32 位十六进制摘要",
)
EXPECTED_OWN_BANK = _phrase("{}, the bank of the submission", "{}，即报文所属机构")
EXPECTED_REVERSING_BANK = _phrase("{}, the bank of the reversal", "{}，即冲正所属机构")
# Dates and codes.
EXPECTED_DATE = _phrase(
    f"a date like 2021-03-15, or 2021-03, between {FIRST_YEAR} and {LAST_YEAR}",
    f"{FIRST_YEAR} 至 {LAST_YEAR} 年间的日期，形如 2021-03-15 或 2021-03",
)
EXPECTED_EVENTS_MAX = _phrase("at most {} events", "至多 {} 条")
EXPECTED_UP_TO = _phrase("a date up to {}", "不晚于 {} 的日期")
EXPECTED_DAY = _phrase(
    f"a day like 2021-03-15, between {FIRST_YEAR} and {LAST_YEAR}",
    f"{FIRST_YEAR} 至 {LAST_YEAR} 年间的日期，形如 2021-03-15",
)
EXPECTED_NOT_BEFORE = _phrase("a day not before occurred_on, {}", "不早于业务日期 {}")
EXPECTED_QUARTER = _phrase(
    f"a quarter such as 2021Q4, between {FIRST_YEAR}Q1 and {LAST_YEAR}Q4",
    f"{FIRST_YEAR}Q1 至 {LAST_YEAR}Q4 间的季度，形如 2021Q4",
)
EXPECTED_CITY = _phrase("six digits of GB/T 2260, or empty", "GB/T 2260 的六位数字，或为空")
EXPECTED_INDUSTRY = _phrase(
    "a letter and two digits of GB/T 4754, 100, 200, or empty",
    "GB/T 4754 的一位字母加两位数字、100、200，或为空",
)
EXPECTED_USE_INDUSTRY = _phrase(
    "a letter and three digits of GB/T 4754, 1000, 2000, or empty",
    "GB/T 4754 的一位字母加三位数字、1000、2000，或为空",
)
# Money.
EXPECTED_CURRENCY = _phrase(
    "a currency code of ISO 4217 in capital letters, such as CNY or USD",
    "ISO 4217 的大写币种代码，如 CNY 或 USD",
)
EXPECTED_FEN = _phrase(
    "the amount in fen, because currency is not CNY", "以分计的折人民币金额，因币种不是 CNY"
)
EXPECTED_SAME_AMOUNT = _phrase(
    "{}, the amount itself, because currency is CNY", "{}，与原币金额相同，因币种为 CNY"
)
EXPECTED_CHANGE = _phrase("a change that is not 0", "不为 0 的变动额")
# The headers and the past of a submission, judged by the pipeline.
EXPECTED_LANE = _phrase("lane {}", "通道 {}")
EXPECTED_VALUE = _phrase("a value", "非空值")
EXPECTED_BETWEEN = _phrase("{} … {}", "{} 至 {}")
EXPECTED_FIRST_SHA256 = _phrase("sha256 {} as received first", "与先收到的报文相同，sha256 {}")
EXPECTED_LANE_COUNT = _phrase("{}, as in what was received first", "与先收到的报文相同，即 {}")
EXPECTED_PARTITION = _phrase("partition {} for its key", "按其键应在分区 {}")
EXPECTED_RELEASE = _phrase("a lane that is not quarantined", "未被隔离的通道")
EXPECTED_NOT_REVERSED = _phrase("an event that was not reversed before", "此前未被冲正的事件")
