"""Everything about one bank in one quarter, as one zip with an index that people can read.

What there is nothing of is listed too, with the reason. The same store gives the same bytes.
"""

from collections.abc import Sequence
from html import escape
from typing import Any, NamedTuple

import msgspec

from infra import archive_parts
from infra.archive_part import ArchivePart, Gathered, KeptAct, Subject, json_file
from infra.input_pack import notes_of
from infra.pack_sources import is_invented
from infra.repeatable_zip import sha256_of, zip_of
from infra.store_node import StoreNode
from schemas.catalog import entries
from schemas.grading import GradingRun
from schemas.grading_tables import GRADING_ACTS
from schemas.quarter import Quarter
from schemas.words import Words
from streams.evaluate import read_snapshot
from streams.grading_run import newest_run, read_methodology, run_with_methodology
from streams.ports import Store
from streams.published import newest_published, published_runs

PARTS: tuple[ArchivePart, ...] = tuple(
    sorted(
        (part for parts in entries(archive_parts, "PARTS") for part in parts),
        key=lambda part: part.place,
    )
)
INDEX_JSON, INDEX_HTML = "index.json", "index.html"
_NO_NOTES = Words("", "")


class ArchivedPart(NamedTuple):
    """One part, gathered."""

    part: ArchivePart
    gathered: Gathered

    @property
    def folder(self) -> str:
        return f"{self.part.place:02}-{self.part.name}"


def archive_of(
    node: StoreNode, bank_id: str, quarter: Quarter, run_id: str = ""
) -> tuple[bytes, list[ArchivedPart]]:
    """Return the archive of a bank and quarter, and what is in it.

    Args:
        node: the open system.
        bank_id: a bank that something is known of; LookupError for another.
        quarter: which quarter.
        run_id: of which run; empty: the one that was published last, else the newest.

    """
    known = read_snapshot(node.store).bank_ids
    if bank_id not in known:
        first = ", ".join(known[:3]) or "no bank yet"
        raise LookupError(f"bank {bank_id!r}: not known here, expected a bank_id such as {first}")
    run = _run_of(node.store, quarter, run_id)
    subject = Subject(
        node=node,
        bank_id=bank_id,
        quarter=quarter,
        run=run,
        methodology=read_methodology(node.store, run.methodology_hash) if run else None,
        acts=acts_about(node.store, quarter, bank_id),
    )
    parts = [ArchivedPart(part, part.gather(subject)) for part in PARTS]
    files = {
        f"{one.folder}/{file.name}": file.content for one in parts for file in one.gathered.files
    }
    notes = notes_of(run, is_synthetic=is_invented(node)) if run else _notes(node)
    index = _index(subject, parts, notes)
    files[INDEX_JSON] = json_file(INDEX_JSON, index, _NO_NOTES).content
    files[INDEX_HTML] = _page(subject, parts, notes).encode()
    return zip_of(files), parts


def acts_about(store: Store, quarter: Quarter, bank_id: str) -> list[KeptAct]:
    """Return what persons did about this bank or about all of them, in order."""
    rows = store.read(GRADING_ACTS, {"quarter": str(quarter)})
    columns = {
        name: column.tolist() if hasattr(column, "tolist") else column.to_list()
        for name, column in rows.items()
    }
    acts = []
    for values in zip(*columns.values(), strict=True):
        row = dict(zip(columns, values, strict=True))
        del row["version"]
        body = msgspec.json.decode(row["body"], type=dict[str, Any]) if row["body"] else {}
        row["body"] = _own(body, bank_id)
        if row["bank_id"] in {"", bank_id}:
            acts.append(KeptAct(row["number"], row["act"], row["bank_id"], row["at_ms"], row))
    return sorted(acts, key=lambda act: act.number)


def _own(body: dict[str, Any], bank_id: str) -> dict[str, Any]:
    """Return what an act says without what it says of other banks, and how much that is."""
    own: dict[str, Any] = {}
    left_out = 0
    for name, value in body.items():
        if isinstance(value, list):
            kept = [one for one in value if _bank_of(one) in {"", bank_id}]
            left_out += len(value) - len(kept)
            own[name] = kept
        else:
            own[name] = value
    return own | ({"left_out_of_other_banks_count": left_out} if left_out else {})


def _bank_of(told: object) -> str:
    return str(told.get("bank_id", "")) if isinstance(told, dict) else ""


def _run_of(store: Store, quarter: Quarter, run_id: str) -> GradingRun | None:
    if run_id:
        run, _ = run_with_methodology(store, run_id)
        if run.quarter != str(quarter):
            raise ValueError(f"run {run_id}: it is of {run.quarter}, expected one of {quarter}")
        return run
    published = newest_published(published_runs(store)).get(str(quarter))
    if published is not None:
        return run_with_methodology(store, published.run_id)[0]
    return newest_run(store, quarter)


def _notes(node: StoreNode) -> Words:
    return Words("模拟数据", "synthetic data") if is_invented(node) else _NO_NOTES


def _index(subject: Subject, parts: Sequence[ArchivedPart], notes: Words) -> dict[str, object]:
    run, bank = subject.run, subject.bank
    return {
        "format": "puhui-archive",
        "format_version": 1,
        "bank_id": subject.bank_id,
        "name_zh": bank.name_zh if bank else "",
        "name_en": bank.name_en if bank else "",
        "quarter": str(subject.quarter),
        "run_id": run.run_id if run else "",
        "methodology": f"{run.methodology}@{run.methodology_version}" if run else "",
        "note_zh": notes.zh,
        "note_en": notes.en,
        "parts": [
            {
                "name": one.folder,
                "zh": one.part.words.zh,
                "en": one.part.words.en,
                "is_present": bool(one.gathered.files),
                "remark_zh": one.gathered.words.zh,
                "remark_en": one.gathered.words.en,
                "files": [
                    {
                        "name": f"{one.folder}/{file.name}",
                        "sha256": sha256_of(file.content),
                        "size_bytes": len(file.content),
                        "zh": file.words.zh,
                        "en": file.words.en,
                    }
                    for file in one.gathered.files
                ],
            }
            for one in parts
        ],
    }


_STYLE = (
    "body{font:14px/1.5 'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;"
    "margin:2em auto;max-width:60em;color:#111}table{border-collapse:collapse;width:100%}"
    "td,th{border-bottom:1px solid #bbb;padding:.4em;text-align:left;vertical-align:top}"
    ".absent{color:#555}.note{border:1px solid #111;padding:.4em}"
)


def _page(subject: Subject, parts: Sequence[ArchivedPart], notes: Words) -> str:
    bank, run = subject.bank, subject.run
    name = f"{bank.name_zh} / {bank.name_en}" if bank else subject.bank_id
    title = escape(f"{subject.quarter} {name}")
    lines = [
        "<!doctype html>",
        f'<html lang="zh-CN"><meta charset="utf-8"><title>{title}</title>',
        f"<style>{_STYLE}</style>",
        f"<h1>评估档案 / Archive: {title}</h1>",
        f"<p>机构编码 / bank_id {escape(subject.bank_id)}</p>",
    ]
    if run:
        told = f"{run.label_zh} / {run.label_en}, {run.methodology}@{run.methodology_version}"
        lines.append(f"<p>{escape(told)}<br>评定编号 / run {run.run_id}</p>")
    if notes.zh:
        lines.append(f'<p class="note">{escape(notes.zh)} / {escape(notes.en)}</p>')
    lines.append("<table><tr><th>序号 / No.</th><th>内容 / Part</th><th>文件 / Files</th></tr>")
    lines += [_row(one) for one in parts]
    return "\n".join([*lines, "</table></html>", ""])


def _row(one: ArchivedPart) -> str:
    found = one.gathered
    files = "<br>".join(
        f'<a href="{escape(f"{one.folder}/{file.name}", quote=True)}">{escape(file.name)}</a> '
        f"{escape(file.words.zh)} / {escape(file.words.en)}"
        for file in found.files
    )
    remark = f"{escape(found.words.zh)} / {escape(found.words.en)}" if found.words.zh else ""
    if not found.files:
        files, remark = f'<span class="absent">无 / none: {remark}</span>', ""
    words = one.part.words
    text = f"{files}<br>{remark}" if remark else files
    return (
        f"<tr><td>{one.part.place}</td><td>{escape(words.zh)} / {escape(words.en)}</td>"
        f"<td>{text}</td></tr>"
    )
