"""What if: a run graded again from its own table, with values or parts of the method supposed.

Never official, and never stored: the id says so, and every line of what was supposed is told.

Source: docs/method.md#what-if
"""

import hashlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

from processors.exact import half_up
from processors.grading.comparison import SUPPOSED_SOURCE
from processors.grading.measuring import label_of, table_digest, unit_of
from processors.grading.rebuilt import table_of
from processors.grading.run import FORMULA_VERSION, grade_table
from processors.grading.table import MISSING, Cell, Table
from processors.methodology import check_methodology
from schemas.codes import Status
from schemas.grading import GradingRun
from schemas.methodology import Column, GradeLevel, Indicator, Methodology, methodology_hash
from schemas.supposed import Supposed, SupposedMethod, SupposedValue
from schemas.words import Words

WHAT_IF_PREFIX = "whatif-"
NOT_OFFICIAL = Words("假设试算，不作为正式结果", "what-if, not official")
_LABEL = Words("{}（假设试算，不作为正式结果）", "{} (what-if, not official)")
_WEIGHT_DECIMALS = 4  # Of weights that take over what was dropped.


def what_if(
    run: GradingRun, methodology: Methodology, supposed: Supposed
) -> tuple[GradingRun, Methodology]:
    """Return ``run`` as it would be, and the methodology as supposed.

    Raises ValueError naming the bank, column or grade that is not there, MethodologyError where
    the methodology makes no sense any more.
    """
    changed, said = supposed_methodology(methodology, supposed.methodology)
    check_methodology(changed)
    told = [_value_words(methodology, run, value) for value in supposed.values]
    table = _supposed_table(table_of(run), methodology, supposed.values)
    kept = {column.name for column in changed.columns}
    cells = {name: column for name, column in table.cells.items() if name in kept}
    table = table._replace(cells=cells)
    if not (told or said):
        raise ValueError(
            "what-if: nothing is supposed, expected [[values]] or [methodology] in the file"
        )
    hashed, digest = methodology_hash(changed), table_digest(table)
    identity = f"{run.run_id}\n{hashed}\n{digest}\n{FORMULA_VERSION}"
    found = run.with_changes(
        run_id=WHAT_IF_PREFIX + hashlib.sha256(identity.encode()).hexdigest(),
        methodology_hash=hashed,
        input_digest=digest,
        label_zh=_LABEL.zh.format(run.label_zh),
        label_en=_LABEL.en.format(run.label_en),
        banks=grade_table(table, changed),
        is_what_if=True,
        supposed_zh=[words.zh for words in (*told, *said)],
        supposed_en=[words.en for words in (*told, *said)],
    )
    return found, changed


def supposed_methodology(
    methodology: Methodology, supposed: SupposedMethod
) -> tuple[Methodology, list[Words]]:
    """Return the methodology with the parts that are supposed, and a line for each of them."""
    names = [entry.name for entry in methodology.indicators]
    _check_names("drop", supposed.drop, names)
    _check_names("weights", supposed.weights, [one for one in names if one not in supposed.drop])
    _check_names("normalisers", supposed.normalisers, names)
    levels = [level.name for level in methodology.grading.levels]
    _check_names("cut_offs", supposed.cut_offs, levels)
    _check_names("shares", supposed.shares, levels)
    kept = [entry for entry in methodology.indicators if entry.name not in supposed.drop]
    weights = _weights(methodology, kept, supposed)
    indicators = [
        entry.with_changes(
            weight_percent=weights.get(entry.name, entry.weight_percent),
            normaliser=supposed.normalisers.get(entry.name, entry.normaliser),
        )
        for entry in kept
    ]
    grading = methodology.grading.with_changes(
        levels=[_level(level, supposed) for level in methodology.grading.levels],
    )
    groups = methodology.groups
    if supposed.banks_min is not None:
        groups = groups.with_changes(banks_min=supposed.banks_min)
    changed = methodology.with_changes(indicators=indicators, grading=grading, groups=groups)
    return changed, list(_method_words(methodology, supposed, changed))


def _level(level: GradeLevel, supposed: SupposedMethod) -> GradeLevel:
    return level.with_changes(
        points_min=supposed.cut_offs.get(level.name, level.points_min),
        share_percent=supposed.shares.get(level.name, level.share_percent),
    )


def _weights(
    methodology: Methodology, kept: list[Indicator], supposed: SupposedMethod
) -> dict[str, Decimal]:
    """Return the weights that are others than before.

    What was dropped goes to the others in proportion, half up to four decimals; the largest takes
    what is left over, so that they add up to 100 again.
    """
    found = dict(supposed.weights)
    if not supposed.drop or methodology.aggregation == "sum":
        return found
    open_ones = {
        entry.name: entry.weight_percent
        for entry in kept
        if entry.role == "regular" and entry.name not in found and entry.weight_percent is not None
    }
    fixed = sum(
        (found[entry.name] for entry in kept if entry.role == "regular" and entry.name in found),
        Decimal(0),
    )
    total = sum(open_ones.values(), Decimal(0))
    if not total:
        return found
    room = 100 - fixed
    scaled = {
        name: _rounded(Fraction(weight) * Fraction(room) / Fraction(total))
        for name, weight in open_ones.items()
    }
    largest = max(scaled, key=lambda name: (scaled[name], name))
    scaled[largest] += room - sum(scaled.values(), Decimal(0))
    return found | scaled


def _rounded(weight: Fraction) -> Decimal:
    scaled = half_up(weight.numerator * 10**_WEIGHT_DECIMALS, weight.denominator)
    return Decimal(scaled).scaleb(-_WEIGHT_DECIMALS)


def _check_names(where: str, named: Iterable[str], known: list[str]) -> None:
    for name in named:
        if name not in known:
            raise ValueError(
                f"what-if, methodology.{where}: found {name!r}, expected one of {', '.join(known)}"
            )


def _supposed_table(table: Table, methodology: Methodology, values: list[SupposedValue]) -> Table:
    columns = {column.name: column for column in methodology.columns}
    places = {bank.bank_id: n for n, bank in enumerate(table.banks)}
    cells = {name: list(column) for name, column in table.cells.items()}
    for value in values:
        column, place = columns[value.column], places[value.bank_id]
        cells[value.column][place] = _cell(column, value, cells[value.column][place])
    return table._replace(cells={name: tuple(column) for name, column in cells.items()})


def _cell(column: Column, value: SupposedValue, was: Cell) -> Cell:
    if value.is_missing:
        return MISSING._replace(source=SUPPOSED_SOURCE)
    found = Fraction(0)
    if value.value is not None:
        found = Fraction(value.value) / unit_of(column).factor
    elif value.yes is not None:
        found = Fraction(int(value.yes))
    return Cell(found, Status.OK, SUPPOSED_SOURCE, before=was.before, choice=value.choice)


def _value_words(methodology: Methodology, run: GradingRun, value: SupposedValue) -> Words:
    columns: Mapping[str, Column] = {column.name: column for column in methodology.columns}
    banks = {bank.bank_id: bank for bank in run.banks}
    if value.column not in columns:
        raise ValueError(
            f"what-if, values: column was {value.column!r}, expected one of {', '.join(columns)}"
        )
    if value.bank_id not in banks:
        first = ", ".join(list(banks)[:3]) or "no bank"
        raise ValueError(
            f"what-if, values: bank_id was {value.bank_id!r}, which run {run.run_id[:12]} does not "
            f"grade, expected one such as {first}"
        )
    column, bank = columns[value.column], banks[value.bank_id]
    _check_kind(column, value)
    label, text = label_of(column), _value_text(column, value)
    return Words(
        f"假设 {bank.name_zh} 的“{label.zh}”为 {text.zh}",
        f"supposed: {bank.name_en or bank.name_zh}, {label.en}: {text.en}",
    )


def _check_kind(column: Column, value: SupposedValue) -> None:
    given = {
        "number": value.value is not None,
        "choice": bool(value.choice),
        "yes_no": value.yes is not None,
    }
    where = f"what-if, values: {value.bank_id}, {column.name}"
    told = sum(given.values()) + value.is_missing
    if told != 1 or not (value.is_missing or given[column.kind]):
        word = {"number": "value = 12.5", "choice": 'choice = "…"', "yes_no": "yes = true"}
        raise ValueError(
            f"{where}: expected {word[column.kind]}, or is_missing = true, and no more"
        )
    known = [choice.name for choice in column.choices]
    if value.choice and value.choice not in known:
        raise ValueError(f"{where}: choice was {value.choice!r}, expected one of {known}")


def _value_text(column: Column, value: SupposedValue) -> Words:
    if value.is_missing:
        return Words("缺失", "missing")
    if value.choice:
        choice = next(one for one in column.choices if one.name == value.choice)
        return Words(choice.zh, choice.en)
    if value.yes is not None:
        return Words("是", "yes") if value.yes else Words("否", "no")
    unit = unit_of(column).words
    return Words(f"{value.value}{unit.zh}", f"{value.value} {unit.en}".strip())


def _method_words(was: Methodology, supposed: SupposedMethod, now: Methodology) -> Iterable[Words]:
    olds = {entry.name: entry for entry in was.indicators}
    for name in supposed.drop:
        label = label_of(olds[name])
        yield Words(f"假设取消指标“{label.zh}”", f"supposed: without the indicator {label.en}")
    for entry in now.indicators:
        label, old = label_of(entry), olds[entry.name]
        if entry.weight_percent != old.weight_percent:
            yield Words(
                f"假设“{label.zh}”权重由 {old.weight_percent}% 改为 {entry.weight_percent}%",
                f"supposed: weight of {label.en} {entry.weight_percent} % instead of "
                f"{old.weight_percent} %",
            )
        if entry.normaliser != old.normaliser:
            kinds = [one.normaliser.__struct_config__.tag for one in (old, entry)]
            yield Words(
                f"假设“{label.zh}”的标准化方法由 {kinds[0]} 改为 {kinds[1]}（参数以文件为准）",
                f"supposed: normaliser of {label.en} {kinds[1]} instead of {kinds[0]}, as the "
                "file says",
            )
    for level, old_level in zip(now.grading.levels, was.grading.levels, strict=True):
        if level.points_min != old_level.points_min:
            yield Words(
                f"假设“{level.zh}”分数线由 {old_level.points_min} 改为 {level.points_min}",
                f"supposed: {level.en} from {level.points_min} points instead of "
                f"{old_level.points_min}",
            )
        if level.share_percent != old_level.share_percent:
            yield Words(
                f"假设“{level.zh}”比例由 {old_level.share_percent}% 改为 {level.share_percent}%",
                f"supposed: share of {level.en} {level.share_percent} % instead of "
                f"{old_level.share_percent} %",
            )
    if now.groups.banks_min != was.groups.banks_min:
        yield Words(
            f"假设分组最少机构数由 {was.groups.banks_min} 改为 {now.groups.banks_min}",
            f"supposed: groups of at least {now.groups.banks_min} banks instead of "
            f"{was.groups.banks_min}",
        )
