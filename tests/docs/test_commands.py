"""What the documents tell people to type exists, and every command is told of."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from infra.cli import cli
from infra.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")

BLOCK = re.compile(r"^```(?:sh|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:puhui|make) [^`\n]+)`")


def told_commands(text: str) -> Iterator[str]:
    """Yield every line that starts with puhui or make, in blocks and between backticks."""
    for block in BLOCK.findall(text):
        for line in block.splitlines():
            words = line.removeprefix("$ ")
            if words.startswith(("puhui ", "make ")):
                yield words.split("  #")[0].strip()
    yield from INLINE.findall(text)


COMMANDS = [
    pytest.param(command, id=f"{document.name}: {command}")
    for document in DOCUMENTS
    for command in dict.fromkeys(told_commands(document.read_text(encoding="utf-8")))
]


def options_of(command: click.Command) -> set[str]:
    return {name for option in command.params for name in option.opts} | {"--help"}


@pytest.mark.parametrize("line", COMMANDS)
def test_what_documents_tell_people_to_type_exists(line: str) -> None:
    program, name, *words = shlex.split(line, comments=True)
    if program == "make":
        targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert name in targets
        return
    if name.startswith("-"):
        return  # Of puhui itself.
    assert name in cli.commands
    command = cli.commands[name]
    if isinstance(command, click.Group):
        assert words[0] in command.commands
        command = command.commands[words[0]]
    options = {word for word in words if word.startswith("--")}
    assert options <= options_of(command)


def test_there_is_something_to_check() -> None:
    assert len(COMMANDS) > 15


@pytest.mark.parametrize("command", sorted(cli.commands))
def test_the_readme_tells_of_every_command(command: str) -> None:
    assert f"`puhui {command}" in README


@pytest.mark.parametrize("field", Settings.__struct_fields__)
def test_the_readme_tells_of_every_setting_and_its_default(field: str) -> None:
    (line,) = [row for row in README.splitlines() if f"`{PREFIX}{field.upper()}`" in row]
    default = str(getattr(Settings(), field))

    assert f"`{default}`" in line or (not default and "none" in line)


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:)([^)#]+)", README))
def test_what_the_readme_links_to_is_there(target: str) -> None:
    assert (ROOT / target).exists()
