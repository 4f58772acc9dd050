"""Find what a catalog folder holds: adding a file adds the thing, nothing is listed twice."""

import importlib
import pkgutil
from types import ModuleType
from typing import Any


def entries(package: ModuleType, constant: str) -> tuple[Any, ...]:
    """Return ``constant`` of every module in ``package``, in order of file name."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    return tuple(getattr(module, constant) for module in modules)
