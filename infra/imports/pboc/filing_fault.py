"""What is wrong with a file as a whole, in words a bank's clerk can act on.

A fault that stops a filing is part of a ``FileProblem``; one that does not is a remark of its
package. Rules are numbered as in the list of checks; F stands for a file that cannot be read.
"""

from pathlib import Path
from typing import Literal, NamedTuple

from infra.imports.source_file import FileError

RULE_UNREADABLE, RULE_NAME, RULE_ZIP, RULE_LOG, RULE_ENCODING = "F", "1", "2", "3", "4"
FOUND_CHARACTERS_MAX = 200
_CUT = "…"


class FileFault(NamedTuple):
    """One thing that is not as it should be."""

    rule: str  # "" where only something odd is remarked.
    file: str  # Which file, by its name without folders.
    wrong_zh: str
    wrong_en: str
    found: str
    expected_zh: str
    expected_en: str
    remedy_zh: str
    remedy_en: str
    line: int = 0  # From 1; 0 where the whole file is meant.

    def sentence(self, language: Literal["zh", "en"]) -> str:
        """Return where, what was found, what was expected and what to do."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        if language == "zh":
            facts = "".join(
                f"，{label} {text}"
                for label, text in (("实际为", self.found), ("应为", self.expected_zh))
                if text
            )
            rule = f"规则 {self.rule}：" if self.rule else ""
            return f"{place}：{rule}{self.wrong_zh}{facts}。{self.remedy_zh}"
        facts = "".join(
            f", {label} {text}"
            for label, text in (("found", self.found), ("expected", self.expected_en))
            if text
        )
        rule = f"rule {self.rule}: " if self.rule else ""
        return f"{place}: {rule}{self.wrong_en}{facts}. {self.remedy_en}"


class FilingError(FileError):
    """A file that stops its filing; ``fault`` says why in both languages."""

    def __init__(self, fault: FileFault) -> None:
        super().__init__(fault.sentence("en"))
        self.fault = fault


class FileProblem(NamedTuple):
    """A file that was given and is not imported, with everything that is wrong with it."""

    path: Path
    faults: tuple[FileFault, ...]


def shown(text: str) -> str:
    """Return ``text`` as a report can show it: printable, and cut where it is long."""
    cut = text[:FOUND_CHARACTERS_MAX]
    printable = "".join(
        c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in cut
    )
    return printable + (_CUT if len(text) > FOUND_CHARACTERS_MAX else "")


def unreadable(file: str, error: OSError) -> FileFault:
    """Return that the system does not give the file, or has no room to unpack it."""
    return FileFault(
        rule=RULE_UNREADABLE,
        file=file,
        wrong_zh="文件无法读取或解压",
        wrong_en="the file cannot be read or unpacked",
        found=shown(error.strerror or str(error)),
        expected_zh="",
        expected_en="",
        remedy_zh="请检查文件是否存在、是否有读取权限以及磁盘空间是否充足。",
        remedy_en="Check that it is there, that you may read it, and that the disk has room.",
    )
