"""Which version of puhui runs, as the command line and the metrics tell it."""

from importlib.metadata import PackageNotFoundError, version


def program_version() -> str:
    """Return the version that is installed; ``not installed`` when run from its sources."""
    try:
        return version("puhui")
    except PackageNotFoundError:
        return "not installed"
