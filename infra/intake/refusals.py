"""Why something is not taken at the door, said in both languages, with what a program needs."""

from collections.abc import Mapping
from typing import Any

from schemas.expectations import in_chinese


class RefusedError(ValueError):
    """Nothing of it was taken. ``code`` and ``facts`` (found, expected …) are for programs."""

    def __init__(
        self, code: str, *, zh: str, en: str, facts: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(en)
        self.code, self.zh, self.en = code, zh, en
        self.facts = dict(facts or {})

    def told(self) -> dict[str, Any]:
        """Return what is wrong as JSON."""
        return {"code": self.code, "zh": self.zh, "en": self.en, **self.facts}


class AwayError(RuntimeError):
    """The log or the store does not answer: the same may be sent again later."""


def too_large(size_bytes_max: int) -> RefusedError:
    """Return the refusal of a body over ``size_bytes_max``."""
    return RefusedError(
        "too_large",
        zh=f"报文超过 {size_bytes_max} 字节上限，请拆分后报送",
        en=f"the body is over {size_bytes_max} bytes; send it in parts",
        facts={"expected": f"at most {size_bytes_max} bytes"},
    )


def malformed(field: str, found: str, expected: str) -> RefusedError:
    """Return the refusal of a header or an argument."""
    return RefusedError(
        "bad_header",
        zh=f"{field} 无效：实际为 {found!r}，应为 {in_chinese(expected)}。请更正后重新报送",
        en=f"{field} was {found!r}, expected {expected}; correct it and send again",
        facts={"field": field, "found": found, "expected": expected},
    )
