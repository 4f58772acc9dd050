"""What a person reads after an import or a trial of the banks' own files."""

from collections.abc import Iterator, Mapping
from typing import Any

FINDINGS_SHOWN_MAX = 20

_ZH = {
    "known": "此前已导入, 未再发送",
    "batch": "第 {batch} 次报送",
    "rows": "{row_count:,} 行: 接收 {accepted_row_count:,}, 退回 {refused_row_count:,}; "
    "提示 {warning_count:,}, 跨期 {period_finding_count:,}",
    "checked_only": "该表仅读取和校验, 不产生事件",
    "events": "事件 {told_count:,}: 新发送 {new:,}, 此前已发送 {unchanged_count:,}",
    "refused_events": "其中 {rejected_count:,} 条未通过接收校验, 保存在 rejected 表中",
    "withdrawn": "该机构本月此前的事件冲正 {month_withdrawn_count:,} 条",
    "unchecked": "未检查 (规则 {rule}): {zh}",
    "more": "另有 {more:,} 条未列出",
    "complete": "报送截至 {complete_to}",
    "level": {"E": "✗", "W": "!", "P": "≠"},
    "found": ", 实际为 {found}",
    "expected": ", 应为 {expected}",
    "rule": "规则 {rule}",
}
_EN = {
    "known": "imported before, nothing sent",
    "batch": "batch {batch}",
    "rows": "rows: {row_count:,} ({accepted_row_count:,} accepted, {refused_row_count:,} held "
    "back); warnings: {warning_count:,}; of the period: {period_finding_count:,}",
    "checked_only": "this table is read and checked only; it makes no events",
    "events": "events: {told_count:,} ({new:,} sent now, {unchanged_count:,} sent before)",
    "refused_events": "of them refused on arrival and kept in the table rejected: "
    "{rejected_count:,}",
    "withdrawn": "events of the bank's month reversed: {month_withdrawn_count:,}",
    "unchecked": "unchecked (rule {rule}): {en}",
    "more": "not listed: {more:,}",
    "complete": "complete to {complete_to}",
    "level": {"E": "✗", "W": "!", "P": "≠"},
    "found": ", found {found}",
    "expected": ", expected {expected_en}",
    "rule": "rule {rule}",
}


def filing_summary(path: str, report: Mapping[str, Any], lang: str) -> str:
    """Return the lines about one file, named as it was typed."""
    words = _ZH if lang == "zh" else _EN
    return "\n".join(_lines(path, report, words, lang)) + "\n"


def _lines(
    path: str, report: Mapping[str, Any], words: Mapping[str, Any], lang: str
) -> Iterator[str]:
    if report["faults"]:
        yield path
        yield from (f"  ✗ {fault[lang]}" for fault in report["faults"])
        return
    name = report["name_zh" if lang == "zh" else "name_en"]
    batch = "" if report["is_trial"] else ", " + words["batch"].format(**report)
    yield f"{path} ({report['table']} {name}, {report['bank_id']}, {report['period'][:7]}{batch})"
    if report["is_known"]:
        yield f"  {words['known']}"
    yield "  " + words["rows"].format(**report)
    if not report["makes_events"]:
        yield f"  {words['checked_only']}"
    elif not report["is_trial"] and not report["is_known"]:
        yield from _event_lines(report, words)
    if report["complete_to"]:
        yield "  " + words["complete"].format(**report)
    yield from (f"  ! {remark[lang]}" for remark in report["remarks"])
    yield from (f"  ? {words['unchecked'].format(**one)}" for one in report["unchecked"])
    yield from _finding_lines(path, report, words, lang)


def _finding_lines(
    path: str, report: Mapping[str, Any], words: Mapping[str, Any], lang: str
) -> Iterator[str]:
    """Yield what holds rows back, row by row; warnings are counted by rule."""
    graver = [finding for finding in report["findings"] if finding["level"] != "W"]
    for finding in graver[:FINDINGS_SHOWN_MAX]:
        yield _finding_line(path, finding, words, lang)
    more = report["refused_finding_count"] + report["period_finding_count"]
    more -= min(len(graver), FINDINGS_SHOWN_MAX)
    if more:
        yield "  " + words["more"].format(more=more)
    for count in report["finding_counts"]:
        if count["level"] == "W":
            where = f"{path}:{count['field']}" if count["field"] else path
            told = words["rule"].format(**count)
            yield f"  ! {where}: {told}: {count[lang]} ({count['count']:,})"


def _event_lines(report: Mapping[str, Any], words: Mapping[str, Any]) -> Iterator[str]:
    new = report["told_count"] - report["unchanged_count"]
    kinds = ", ".join(f"{name} {count:,}" for name, count in report["event_types"].items())
    yield "  " + words["events"].format(new=new, **report) + (f" ({kinds})" if kinds else "")
    if report["rejected_count"]:
        yield "  " + words["refused_events"].format(**report)
    if report["month_withdrawn_count"]:
        yield "  " + words["withdrawn"].format(**report)


def _finding_line(
    path: str, finding: Mapping[str, Any], words: Mapping[str, Any], lang: str
) -> str:
    place = [path, str(finding["line"] or ""), finding["field"]]
    where = ":".join(part for part in place if part)
    said = finding[lang]
    if finding["found"]:
        said += words["found"].format(**finding)
    if finding["expected" if lang == "zh" else "expected_en"]:
        said += words["expected"].format(**finding)
    mark = words["level"][finding["level"]]
    return f"  {mark} {where}: {words['rule'].format(**finding)}: {said}"
