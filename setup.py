"""What pyproject.toml cannot say: the method document goes into the wheel, beside the code.

It is kept once, in docs/, where people read it; a built package holds a copy, because the page
shows it too.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SOURCE = "docs/method.md"
PACKAGE_FILE = "infra/method.md"  # Where infra.method_document looks first.


class BuildWithMethod(build_py):
    """Copies the method document into what is built; an editable install reads it in docs/."""

    def run(self) -> None:
        """Build, then add the document."""
        super().run()
        if not self.editable_mode:
            self.copy_file(SOURCE, str(Path(self.build_lib, PACKAGE_FILE)))

    def get_source_files(self) -> list[str]:
        """Return what a source distribution must hold."""
        return [*super().get_source_files(), SOURCE]

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:  # noqa: FBT001, FBT002 - as setuptools has it
        """Return every file that is built."""
        added = [] if self.editable_mode else [str(Path(self.build_lib, PACKAGE_FILE))]
        return [*super().get_outputs(include_bytecode), *added]


setup(cmdclass={"build_py": BuildWithMethod})
