"""Which Chinese fonts this machine has for a PDF: the ones of the standard, else what is there.

GB/T 9704 asks for 仿宋 in the text, 小标宋 for the title, 黑体 and 楷体 for headings. A machine
that has none of them prints in Noto or Source Han; one without any Chinese font prints nothing.
"""

import importlib.util
from functools import cache
from pathlib import Path
from typing import NamedTuple

import typst

# Fonts that carry Chinese, the ones of the standard first.
FANG = ("FangSong", "FangSong_GB2312", "仿宋", "仿宋_GB2312", "STFangsong", "FandolFang R")
SONG = ("FZXiaoBiaoSong-B05S", "方正小标宋简体", "STZhongsong", "SimSun", "宋体", "STSong")
HEI = ("SimHei", "黑体", "STHeiti", "Microsoft YaHei", "FandolHei")
SERIF = ("Noto Serif CJK SC", "Source Han Serif SC", "Noto Serif SC", "Songti SC", "FandolSong")
SANS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Noto Sans SC",
    "PingFang SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
)
# Python packages that bring a font under an open licence.
FONT_PACKAGES = ("manimgx_fonts_cjk",)


class FontsMissingError(ValueError):
    """No font on this machine has Chinese characters."""


class FontChoice(NamedTuple):
    """Families in the order in which they are tried, by what they are for."""

    fang: list[str]
    song: list[str]
    hei: list[str]


def package_folders() -> list[str]:
    """Return the folders of installed packages that bring fonts."""
    found = []
    for name in FONT_PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin:
            found.append(str(Path(spec.origin).parent))
    return found


@cache
def system_fonts() -> typst.Fonts:
    """Return the fonts of this machine and of the packages; looking for them takes a while."""
    return typst.Fonts(font_paths=list(package_folders()))


def chosen_fonts(families: list[str]) -> FontChoice:
    """Return the fonts to set a circular in; raise FontsMissingError where none has Chinese."""
    by_name = {family.casefold(): family for family in families}

    def there(*names: str) -> list[str]:
        return [by_name[name.casefold()] for name in names if name.casefold() in by_name]

    if not there(*FANG, *SONG, *HEI, *SERIF, *SANS):
        raise FontsMissingError(
            f"PDF: none of the {len(families)} font families of this machine has Chinese "
            "characters, expected one such as Noto Serif CJK SC. Install the Debian package "
            "fonts-noto-cjk (make browser does) or the Python package manimgx-fonts-cjk, or print "
            "another form: --form docx, xlsx, csv or html"
        )
    return FontChoice(
        there(*FANG, *SERIF, *SONG, *SANS),
        there(*SONG, *SERIF, *FANG, *SANS),
        there(*HEI, *SANS, *SERIF, *FANG, *SONG),
    )
