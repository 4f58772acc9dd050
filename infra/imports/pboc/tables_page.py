"""The page of tables: every column of the banks' files and every list of codes, from the specs."""

from collections.abc import Iterator

from infra.imports.pboc.table_spec import CODE_LISTS, SPECS, CodeList, TableSpec

_INTRODUCTION = """\
# Tables of the basic financial data interface / 金融基础数据表结构

{made}

《金融基础数据采集规范》, rebuilt from public reporting systems: where a list or a flag is not known
for sure it is data, and what is not in it is a warning. C18 is exactly 18 characters, C..30 at most
30, I..10 a whole number, D20.2 a number with two decimals. M always filled, C on conditions, O
optional. "Never kept" are fields about a person that no event needs.
"""


def tables_page(made: str) -> str:
    """Return the page as Markdown; ``made`` says how."""
    lines = [_INTRODUCTION.format(made=made)]
    for versions in SPECS.values():
        for spec in versions:
            lines += _table(spec)
    lines += ["## Code lists / 代码表", ""]
    for code_list in CODE_LISTS.values():
        lines += _code_list(code_list)
    return "\n".join(lines).rstrip() + "\n"


def _table(spec: TableSpec) -> Iterator[str]:
    yield f"## {spec.code} {spec.name_zh} / {spec.name_en} ({spec.version})"
    yield ""
    told = "makes events" if spec.makes_events else "read and checked only"
    yield f"{len(spec.fields)} columns; key: period, {', '.join(spec.key)}; {told}."
    yield ""
    yield "| # | 字段 | pinyin | name | type | list | need |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for number, field in enumerate(spec.fields, 1):
        need = "never kept" if field.name in spec.withheld else field.need
        cells = (str(number), field.zh, field.pinyin, field.name, field.type, field.code_list, need)
        yield "| " + " | ".join(cells) + " |"
    yield ""


def _code_list(code_list: CodeList) -> Iterator[str]:
    yield f"### {code_list.name}: {code_list.zh} / {code_list.en}"
    yield ""
    openness = "Closed." if code_list.is_closed else "What is not in it is kept, with a warning."
    yield f"{openness} Certainty of the list: {code_list.mark}."
    if code_list.patterns:
        yield "Codes of the form " + ", ".join(f"`{p}`" for p in code_list.patterns) + "."
    if code_list.codes:
        yield ""
        yield "| code | 名称 | name |"
        yield "| --- | --- | --- |"
    for code, (zh, en) in code_list.codes.items():
        doubt = " (accepted, with a warning)" if code in code_list.doubtful else ""
        yield f"| {code} | {zh} | {en}{doubt} |"
    yield ""
