"""Growth and rates of peer groups and regions, for everybody or for the agencies."""

from typing import Any, NamedTuple

import numpy as np

from infra.answers import growth_rows, rate_rows
from infra.publish.document import SUPPRESSED, Figure, Label, Piece, Table, TableColumn
from infra.publish.group_grades import HIDDEN_NOTE
from infra.publish.pieces import row_figure, with_status
from infra.publish.subject import Subject
from processors.aggregates import Group, group_growth, groups
from processors.disclosure import PROTECTION_PERCENT, Margins, hidden_alike, is_sensitive
from schemas.codes import Basis, Population
from schemas.results import Results, population_place
from schemas.units import BoolArray
from schemas.words import POPULATION_WORDS

Row = dict[str, Any]

_PROVINCE, _REGIONS = "region:province", ("region:province_ex_qingdao", "region:qingdao")
_COLUMNS = (
    TableColumn(head=Label(zh="机构类别", en="Group"), width_share=5),
    TableColumn(head=Label(zh="机构数（家）", en="Banks"), is_number=True),
    TableColumn(
        head=Label(zh="年初余额（亿元）", en="At the start of the year (100m CNY)"),
        is_number=True,
        width_share=3,
    ),
    TableColumn(
        head=Label(zh="期末余额（亿元）", en="Balance (100m CNY)"), is_number=True, width_share=3
    ),
    TableColumn(head=Label(zh="较年初增速（%）", en="Growth (%)"), is_number=True),
    TableColumn(head=Label(zh="新发放利率（%）", en="Rate of new lending (%)"), is_number=True),
)


class _Found(NamedTuple):
    """The answers of one population."""

    growth: dict[str, Row]
    rates: dict[str, Row]
    rate_rows: list[Row]


def populations_of(subject: Subject) -> list[Population]:
    """Return the populations that the methodology looks at, in its order."""
    named = [column.population for column in subject.methodology.columns]
    return list(dict.fromkeys(one for one in named if one is not None))


def group_tables(subject: Subject, *, is_public: bool) -> list[Table]:
    """Return a table of group figures for each population of the methodology."""
    return [
        _table(subject, population, is_public=is_public) for population in populations_of(subject)
    ]


def hidden_groups(results: Results, subject: Subject, population: Population) -> set[str]:
    """Return the codes of the groups whose figures are not for everybody."""
    return _hidden(results, subject, _answers(subject, population), population)


def _answers(subject: Subject, population: Population) -> _Found:
    results, quarter = subject.results, subject.quarter
    growth = growth_rows(results, quarter=quarter, population=population, basis=Basis.YTD)
    rates = rate_rows(results, quarter=quarter, population=population)
    return _Found(
        {row["bank_id"]: row for row in growth if row["kind"] == "aggregate"},
        {row["bank_id"]: row for row in rates if row["kind"] == "aggregate"},
        [row for row in rates if row["kind"] == "bank"],
    )


def _table(subject: Subject, population: Population, *, is_public: bool) -> Table:
    found = _answers(subject, population)
    hidden = _hidden(subject.results, subject, found, population) if is_public else set()
    # Cities would be a third way to cut the same amounts: for the agencies only.
    codes = [code for code in found.growth if not (is_public and code.startswith("city:"))]
    words = POPULATION_WORDS[population]
    return Table(
        name=f"groups_{population.value}",
        title=Label(
            zh=f"{words.zh}增速和新发放贷款利率", en=f"{words.en}: growth and rate of new lending"
        ),
        columns=list(_COLUMNS),
        rows=[_row(found, code, is_hidden=code in hidden) for code in codes],
        note=HIDDEN_NOTE if hidden else None,
    )


def _row(found: _Found, code: str, *, is_hidden: bool) -> list[Piece]:
    growth, rate = found.growth[code], found.rates.get(code)
    key = f"{growth['quarter']}/{growth['population']}/{code}"
    figures = [
        with_status(growth["unit_count"], "ok", f"{key}/unit_count"),
        _balance(growth, "base_minor"),
        _balance(growth, "latest_minor"),
        row_figure(growth, "growth_percent", "status"),
        row_figure(rate, "new_rate_percent", "new_rate_status")
        if rate
        else with_status("", "not_reported", f"{key}/new_rate_percent"),
    ]
    if is_hidden:
        figures = [Figure(zh="*", en="*", status=SUPPRESSED, key=one.key) for one in figures]
    return [Label(zh=growth["bank_name"], en=growth["bank_name_en"]), *figures]


def _balance(growth: Row, name: str) -> Figure:
    """Return a balance; over no unit with both ends it is not the growth's, so its status."""
    if growth["unit_count"] == 0:
        growth = growth | {name: ""}
    status = growth["status"] if growth[name] == "" else "ok"
    if growth[name] == "" and status == "ok":
        status = "not_reported"
    return row_figure(growth | {"status": status}, name, "status")


def _hidden(results: Results, subject: Subject, found: _Found, population: Population) -> set[str]:
    """Return the hidden groups: peer groups × regions, of which only the margins are printed."""
    known = [group for group in groups(results.banks, {}) if group.code in found.growth]
    peers = [group for group in known if group.code.startswith("peer:")]
    regions = [group for group in known if group.code in _REGIONS]
    amounts = _amounts(results, subject, found, population)
    tables = [_margins(peers, regions, one) for one in amounts]
    hidden = hidden_alike(tables)
    codes = {peer.code for n, peer in enumerate(peers) if hidden[n, -1]}
    codes |= {region.code for n, region in enumerate(regions) if hidden[-1, n]}
    return codes | ({_PROVINCE} if hidden[-1, -1] else set())


def _amounts(
    results: Results, subject: Subject, found: _Found, population: Population
) -> list[list[int | None]]:
    """Return of each bank its share in base, balance and new lending; None: it has none."""
    place, axis = results.quarter_place(subject.quarter), population_place(population)
    bases: list[int | None] = []
    latest: list[int | None] = []
    for n in range(len(results.banks)):
        alone = np.arange(len(results.banks)) == n
        ends, units = group_growth(results, alone, axis, place, Basis.YTD)[:2]
        is_unit = bool(units.both.any() or units.closed.any())
        bases.append(ends.base_minor if is_unit else None)
        latest.append(ends.latest_minor if is_unit else None)
    lent = {row["bank_id"]: row["new_lending_minor"] for row in found.rate_rows}
    lending = [lent.get(bank.bank_id) or None for bank in results.banks]
    return [bases, latest, lending]


def _margins(peers: list[Group], regions: list[Group], amounts: list[int | None]) -> Margins:
    shape = (len(peers) + 1, len(regions) + 1)
    everybody = np.logical_or.reduce([peer.members for peer in peers])
    rows = [*(peer.members for peer in peers), everybody]
    columns = [*(region.members for region in regions), everybody]
    amount = np.zeros(shape, np.int64)
    sensitive, known = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    inside = np.zeros(shape, np.bool_)
    inside[:-1, :-1] = True
    for row, of_row in enumerate(rows):
        for column, of_column in enumerate(columns):
            shares = _shares(of_row & of_column, amounts)
            amount[row, column] = sum(shares)
            sensitive[row, column] = is_sensitive(shares)
            # Which banks there are is in the public register: where there is none is known.
            known[row, column] = not shares
    return Margins(amount, sensitive, amount * PROTECTION_PERCENT // 100 + 1, inside, known)


def _shares(who: BoolArray, amounts: list[int | None]) -> list[int]:
    return [
        share for share in (amounts[n] for n in np.flatnonzero(who).tolist()) if share is not None
    ]
