"""An event that enters a real, running process is on the page within a second."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from infra.lock_file import holder_of
from infra.remote import RemoteOperations
from schemas.event import Event
from schemas.events.balance_brought_forward import BalanceBroughtForward
from schemas.events.bank_registered import BankRegistered
from schemas.events.borrower_profiled import BorrowerProfiled
from schemas.events.credit_line_set import CreditLineSet
from schemas.events.loan_disbursed import LoanDisbursed
from schemas.wire import event_json
from tests.end_to_end.browsing import cell, printed_yi
from tests.identities import bank_id, firm_id

pytestmark = pytest.mark.serial

PUHUI = [sys.executable, "-c", "from infra.cli import main; main()"]
BANK = bank_id(1)
FIRMS = [firm_id(number) for number in range(60)]
YI = 10**10  # fen
OPENING_MINOR = 5 * 10**8  # 5 million yuan each: 3 亿元 for 60 firms.


def history() -> list[Event]:
    """A registered bank with 60 small private firms, opened at the end of 2020."""
    events: list[Event] = [
        BankRegistered(
            event_id="registered-000001",
            bank_id=BANK,
            occurred_on="2019-01-01",
            name_zh="甲银行",
            name_en="Bank A",
            peer_group="city_commercial",
            city="370100",
            is_qingdao=False,
        )
    ]
    for number, firm in enumerate(FIRMS):
        who = {"bank_id": BANK, "borrower_id": firm}
        profile = {"borrower_kind": "firm", "holding": "private", "firm_size": "small"}
        events += [
            BorrowerProfiled(
                event_id=f"profile-{number:012}", occurred_on="2020-06-30", **who, **profile
            ),
            CreditLineSet(
                event_id=f"line-{number:012}",
                occurred_on="2020-06-30",
                limit_cny_minor=10**9,
                **who,
            ),
            BalanceBroughtForward(
                event_id=f"opening-{number:012}",
                occurred_on="2020-12-31",
                loan_id=f"XJ{number}",
                loan_kind="corporate",
                amount_minor=OPENING_MINOR,
                rate_mbp=450_000,
                loan_class="FQ01",
                **who,
            ),
        ]
    return events


def draw(number: int) -> LoanDisbursed:
    return LoanDisbursed(
        event_id=f"draw-{number:012}",
        bank_id=BANK,
        borrower_id=FIRMS[number],
        occurred_on="2021-12-15",
        loan_id=f"XJ9{number}",
        loan_kind="corporate",
        amount_minor=YI // 10,
        rate_mbp=420_000,
        loan_class="FQ01",
        matures_on="2022-12-14",
        guarantee_kind="credit",
    )


def write(path: Path, events: list[Event]) -> Path:
    path.write_bytes(b"\n".join(event_json(event) for event in events))
    return path


def puhui(*arguments: str | Path) -> dict:
    done = subprocess.run(
        [*PUHUI, *map(str, arguments), "--json"], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    process = subprocess.Popen(
        [*PUHUI, "serve", "--port", "0", "--data", str(tmp_path / "data")],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PUHUI_LANG": "zh"},
    )
    assert process.stdout is not None
    yield process.stdout.readline().split()[1], tmp_path / "data"
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def test_an_event_is_on_the_page_within_a_second(
    running: tuple[str, Path], browser: Browser, tmp_path: Path
) -> None:
    url, data = running
    opening = write(tmp_path / "opening.ndjson", history())
    puhui("import", opening, "--data", data, "--complete-to", "2021-12-31")
    page = browser.new_page(viewport={"width": 1280, "height": 860})
    page.goto(f"{url}institutions?quarter=2021Q4&population=inclusive&basis=ytd")
    page.wait_for_selector(f'#growth tr[data-key="{BANK}"]')
    assert cell(page, "growth", BANK, "latest_minor") == printed_yi(60 * OPENING_MINOR)
    page.wait_for_timeout(2_000)  # The first charts are drawn; a standing page is measured.

    waits = []
    holder = holder_of(data)
    assert holder is not None
    for number in range(5):
        path = write(tmp_path / f"draw{number}.ndjson", [draw(number)])
        expected = printed_yi(60 * OPENING_MINOR + (number + 1) * YI // 10)
        start = time.monotonic()
        RemoteOperations(holder).import_file(str(path), {})
        page.wait_for_function(
            "([bank, text]) => document.querySelector(`#growth tr[data-key='${bank}'] "
            "[data-column='latest_minor']`).innerText.trim() === text",
            arg=[BANK, expected],
            timeout=5_000,
            polling=20,
        )
        waits.append(time.monotonic() - start)
    print("event to pixel, seconds:", [round(wait, 3) for wait in waits])
    assert sorted(waits)[len(waits) // 2] < 1.0
    shown = cell(page, "growth", BANK, "growth_percent")
    version = int(page.locator("main").get_attribute("data-version"))
    said = puhui("growth", "--quarter", "2021Q4", "--population", "inclusive", "--data", data)
    row = next(row for row in said["rows"] if row["bank_id"] == BANK)
    assert said["data_version"] == version
    assert shown == f"+{row['growth_percent']}"
    assert row["growth_percent"] == "16.7"  # 0.5 亿元 on 3 亿元, half up.
