"""What is said about rows and files, in both languages, by code."""

from schemas.errors import REASONS
from schemas.expectations import in_chinese

# {found} and {expected} are filled in. The pipeline's own codes are in schemas.errors.
TEXTS: dict[str, tuple[str, str]] = {
    "empty": ("必填项为空", "is empty and must be filled"),
    "unknown_word": (
        "值 {found} 不在允许范围: {expected}",
        "was {found}, expected one of {expected}",
    ),
    "not_a_whole_number": (
        "值 {found} 应为整数, 范围 {expected}",
        "was {found}, expected a whole number {expected}",
    ),
    "not_a_number": (
        "值 {found} 不是数字, 例如 {expected}",
        "was {found}, expected a number such as {expected}",
    ),
    "finer_than_fen": (
        "值 {found} 精度小于一分, 最多 {expected}",
        "was {found}, finer than a fen: at most {expected}",
    ),
    "too_large": ("值 {found} 过大, 上限 {expected}", "was {found}, at most {expected}"),
    "not_a_quarter": (
        "值 {found} 不是季度, 例如 {expected}",
        "was {found}, expected a quarter such as {expected}",
    ),
    "not_a_date": (
        "值 {found} 不是日期, 例如 {expected}",
        "was {found}, expected a date such as {expected}",
    ),
    "not_the_quarter_end": (
        "日期 {found} 不是该季度末 {expected}",
        "was {found}, expected the end of that quarter, {expected}",
    ),
    "not_yes_or_no": ("值 {found} 应为 {expected}", "was {found}, expected {expected}"),
    "not_a_city": (
        "值 {found} 不是六位行政区划代码, 例如 {expected}",
        "was {found}, expected six digits of GB/T 2260 such as {expected}",
    ),
    "not_a_bank_type": (
        "值 {found} 不是机构类型, 例如 {expected}",
        "was {found}, expected a type of banks such as {expected}",
    ),
    "cell_count": (
        "该行有 {found} 个单元格, 表头有 {expected} 个",
        "the row has {found} cells, the head has {expected}",
    ),
    "not_csv": ("该行不是 CSV: {found}", "the row is not CSV: {found}"),
    "not_arrow": (
        "此处之后无法按 Arrow IPC 读取: {found}; 请重新导出文件",
        "from here on this is not Arrow IPC: {found}; export the file again",
    ),
    "line_too_long": (
        "该行超过 {expected}, 未发送",
        "the line is longer than {expected} and was not sent",
    ),
    "no_bank_in_file": (
        "文件中没有可识别的机构编码, 该行未发送: {found}",
        "no line so far names a bank, so this one was not sent: {found}",
    ),
    "derived_row": (
        "推算行 (confidence=derived) 不是公布数据, 已略去 {found} 行",
        "{found} rows with confidence=derived were computed, not published, and are left out",
    ),
    "encoding_fallback": (
        "文件不是 UTF-8, 已按 {found} 读取, 请核对中文名称",
        "the file is not UTF-8 and was read as {found}: look whether names are right",
    ),
    "encoding_unknown": (
        "文件既不是 UTF-8 也不是 GB 18030, 无法识别的字符已替换",
        "the file is neither UTF-8 nor GB 18030; characters that cannot be read are replaced",
    ),
    "columns_left_out": (
        "未知列已略去: {found}",
        "columns that are not known were left out: {found}",
    ),
    "date_in_the_future": (
        "业务日期 {found} 晚于当前月份, 不用于确定报送截止日",
        "dates after this month ({found}) were not used to decide what is complete",
    ),
    "event_warnings": (
        "{found} 条事件已接收但有提示 (如借款人证件校验位不符)",
        "{found} events were kept with a warning, such as a borrower's failed check digit",
    ),
    "second_reversals": (
        "{found} 条重复冲正未计入",
        "{found} second reversals of one event were not counted",
    ),
    "overtaken": (
        "已存但不生效, 因同一项目已有同等或更高版次的数据; 更正请提高 revision: 第 {found} 行",
        "stored, but another row of the same or a higher revision counts; raise it: lines {found}",
    ),
    "replaced_equal": (
        "已替换日期和版次相同的数据, 取舍仅凭事件编号; 更正请提高 revision: 第 {found} 行",
        "replaced a row of equal date and revision by the id alone; raise it: lines {found}",
    ),
    "complete_to_not_used": (
        "文件此前已导入, 本次的 --complete-to {found} 未采用",
        "the file was imported before, so --complete-to {found} was not used",
    ),
    "conflicts": (
        "{found} 份报送与先前同序号报送内容不同, 未计入",
        "{found} submissions had the number of an earlier one with other content: not counted",
    ),
}


def explained(code: str, found: str, expected: str) -> tuple[str, str]:
    """Return what one of the codes above means, in Chinese and English."""
    zh, en = TEXTS[code]
    return zh.format(found=found, expected=expected), en.format(found=found, expected=expected)


def explained_by_pipeline(code: str, found: str, expected: str) -> tuple[str, str]:
    """Return why the pipeline rejected an event, and what to do about it."""
    reason = REASONS.get(code)
    if reason is None:
        zh = f"{code}: {found}, 应为 {in_chinese(expected)}"
        return zh, f"{code}: {found}, expected {expected}"
    zh = reason.wrong_zh + (f", 实际为 {found}" if found else "")
    en = reason.wrong_en + (f", found {found}" if found else "")
    if expected:
        zh, en = f"{zh}, 应为 {in_chinese(expected)}", f"{en}, expected {expected}"
    return f"{zh}。{reason.remedy_zh}", f"{en}. {reason.remedy_en}"
