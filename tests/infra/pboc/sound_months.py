"""A bank's month in which nothing is wrong: some rows of every table, which fit together."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from infra.imports.pboc.table_spec import SPECS
from tests.identities import firm_id, person_id
from tests.infra.pboc.filings import sound_row

MONTHS = (dt.date(2026, 8, 31), dt.date(2026, 9, 30), dt.date(2026, 10, 31))
CUSTOMERS = ("FTYKHX", "GRKHXX")
ROWS = 8


def sound_month(bank: str, period: dt.date, rows: int = ROWS) -> dict[str, list[bytes]]:
    """Return the lines of every table; the same receipts stand in every month."""
    return {
        table: [_row(table, bank, period, number).encode() for number in range(1, rows + 1)]
        for table in SPECS
    }


def _row(table: str, bank: str, period: dt.date, number: int) -> str:
    wanted: dict[str, str] = {
        "institution_id": bank,
        "receipt_no": f"XJ{number:06}",
        "contract_no": f"HT{number:06}",
        "bill_no": f"5102290000018{number:017}",
        "guarantee_no": f"DB{number:06}",
        "secured_contract_no": f"HT{number:06}",
        "collateral_no": f"DY{number:06}",
        "transaction_no": f"T{period:%Y%m}{number:06}",
        "disbursed_on": f"{period:%Y-%m}-03",
        "traded_on": f"{period:%Y-%m}-04",
        "issued_on": "2026-08-03",
        "starts_on": "2026-08-03",
        "balance": "3000000.00",
        "balance_cny": "3000000.00",
        **_parties(table, number),
    }
    columns = SPECS[table][0].names
    return sound_row(table, **{name: text for name, text in wanted.items() if name in columns})


def _parties(table: str, number: int) -> Mapping[str, str]:
    firm, person = firm_id(number), person_id(number)
    is_personal = table in {"GRDKFS", "CLGRDK", "GRKHXX"}
    return {
        "borrower_id": person if is_personal else firm,
        "customer_id": person if is_personal else firm,
        "applicant_id": firm,
        "trustor_id": firm_id(number + 1),
        "guarantor_id": firm_id(number + 1),
        "controller_id_types": "A01,B01",
        "controller_ids": f"{firm_id(number + 1)},{person}",
    }


def stem_of(bank: str, table: str, period: dt.date) -> str:
    return f"{bank}_{table}_{period:%Y%m%d}"


def put_dat(folder: Path, stem: str, content: bytes) -> Path:
    """Write a .dat without its .log, as one may be imported."""
    path = folder / f"{stem}.dat"
    path.write_bytes(content)
    return path
