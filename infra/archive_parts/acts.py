"""What persons did: comments, appeals, minutes, signatures and more, with the files they gave."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.archive_part import (
    ArchivedFile,
    ArchivePart,
    Gathered,
    KeptAct,
    Subject,
    absent,
    csv_file,
    json_file,
)
from infra.repeatable_zip import sha256_of
from schemas.grading_tables import GRADING_FILES
from schemas.words import Words
from streams.grading_run import read_run
from streams.ports import Store

_ANSWER = "answer"
_HASH_KEY = "sha256"
_NAME_LENGTH_MAX = 80


def part_of_acts(place: int, name: str, words: Words, acts: frozenset[str]) -> ArchivePart:
    """Return a part with the acts of these names, and the files that they refer to."""

    def gather(subject: Subject) -> Gathered:
        by_number = {act.number: act.act for act in subject.acts}
        found = [act for act in subject.acts if _subject_of(act, by_number) in acts]
        if not found:
            return absent(f"本季度没有{words.zh}记录", f"no {words.en.lower()} are on record")
        listed = json_file("acts.json", [act.row for act in found], words)
        return Gathered([listed, *_files(subject.node.store, found)])

    return ArchivePart(place, name, words, gather)


def _subject_of(act: KeptAct, by_number: Mapping[int, str]) -> str:
    """Return what an act is about: an answer is about what it answers."""
    if act.act != _ANSWER:
        return act.act
    return by_number.get(act.row["body"].get("number", 0), "")


def revisions(subject: Subject) -> Gathered:
    """Return every version that was published, with the bank's grade in each, and why."""
    published = [act for act in subject.acts if act.act == "publish"]
    reopened = [act.row for act in subject.acts if act.act == "reopen"]
    if not published:
        return absent("尚未通报，没有修订", "nothing was published yet: there is no revision")
    lines = [_version(subject, number, act) for number, act in enumerate(published, 1)]
    head = ("version", "run_id", "document_number", "grade", "total_points", "rank")
    words = Words("各版本通报时的档次", "the grade in every version, as it was published")
    files = [csv_file("versions.csv", head, lines, words)]
    if reopened:
        files.append(json_file("reopened.json", reopened, Words("重开理由", "why reopened")))
        return Gathered(files)
    return Gathered(files, Words("未曾修订", "never revised"))


def _version(subject: Subject, number: int, act: KeptAct) -> tuple[object, ...]:
    body: Mapping[str, Any] = act.row["body"]
    run_id = str(body.get("run_id", ""))
    run = read_run(subject.node.store, run_id)
    banks = run.banks if run else []
    bank = next((one for one in banks if one.bank_id == subject.bank_id), None)
    told = (bank.grade, bank.total_points, bank.rank) if bank else ("", "", "")
    return (number, run_id, str(body.get("document_number", "")), *told)


def _files(store: Store, acts: list[KeptAct]) -> Iterator[ArchivedFile]:
    hashes = {hashed for act in acts for hashed in _hashes(act.row["body"])}
    for hashed in sorted(hashes):
        rows = store.read(GRADING_FILES, {"sha256": hashed}, columns=("file_name", "content"))
        names = rows["file_name"].to_list()
        if not names:
            words = Words("所附文件未找到", "the file is not kept here")
            yield ArchivedFile(f"{hashed[:12]}-missing.txt", f"{hashed}\n".encode(), words)
            continue
        content: bytes = rows["content"][0]
        is_whole = sha256_of(content) == hashed
        words = Words("所附文件", "a file that was handed in")
        if not is_whole:
            words = Words("所附文件，已被改动", "a file that is NOT what was handed in")
        yield ArchivedFile(f"{hashed[:12]}-{_plain(names[0])}", content, words)


def _hashes(body: object) -> Iterator[str]:
    """Yield the hashes of files that a body names, wherever in it."""
    if isinstance(body, dict):
        for name, value in body.items():
            if isinstance(value, str) and str(name).endswith(_HASH_KEY) and value:
                yield value
            else:
                yield from _hashes(value)
    elif isinstance(body, list):
        for value in body:
            yield from _hashes(value)


def _plain(name: str) -> str:
    """Return a file name without anything that a folder or a shell could take up."""
    kept = [sign if sign.isalnum() or sign in "._-" else "_" for sign in name]
    return "".join(kept).lstrip(".")[-_NAME_LENGTH_MAX:]


_OF_ACTS: tuple[tuple[int, str, Words, frozenset[str]], ...] = (
    (9, "self-assessment", Words("自评", "Self-assessments"), frozenset({"self_assessment"})),
    (10, "comments", Words("意见与确认", "Comments and confirmations"),
     frozenset({"comment", "confirmation"})),
    (11, "appeals", Words("申诉", "Appeals"),
     frozenset({"appeal", "appeal_decision"})),
    (12, "manual", Words("人工录入", "Values entered by hand"),
     frozenset({"manual_enter", "manual_confirm"})),
    (13, "minutes", Words("会商纪要与调整", "Minutes and conferred changes"),
     frozenset({"confer", "change"})),
    (14, "signatures", Words("会签", "Signatures"), frozenset({"sign"})),
    (15, "notices", Words("通知与通报", "Notices"),
     frozenset({"trial", "open_comments", "close_comments", "publish"})),
)  # fmt: skip
PARTS = (
    *(part_of_acts(*entry) for entry in _OF_ACTS),
    ArchivePart(16, "revisions", Words("修订", "Revisions"), revisions),
)
