"""Which banks the borrowers of the demo deal with."""

from typing import NamedTuple

import numpy as np

from infra.demo.banks import CITIES, Banks, Merger
from infra.demo.borrowers import FEN_PER_YUAN, PERSONS, Borrowers
from schemas.units import BoolArray, Float64Array, Int64Array

OPEN_SHARE = 0.5  # Of the accounts, that have a loan when the story opens.
ARRIVAL_MONTHS = 72  # So long it takes from then until all others have come.
# Of persons: banks report no credit line of some, and do not know what kind others are.
NO_LINE_RATIO, UNKNOWN_KIND_RATIO = 0.02, 0.015
BANKS_MAX = 4  # That one borrower deals with.
BORROWERS_A_BANK_MIN = 100
BORROWERS_AT_ONCE = 50_000  # Against every bank: this bounds the memory.
SCALE_MAX_YUAN = 12_000_000.0


class Accounts(NamedTuple):
    """Who deals with which bank, sorted by bank."""

    bank: Int64Array
    borrower: Int64Array
    segment: Int64Array
    scale_yuan: Float64Array
    limit_minor: Int64Array  # Credit line; -1: the bank never reports one, of a person.
    is_kind_known: BoolArray  # The bank knows what kind of person it is; of firms it always does.
    is_open: BoolArray  # Has a loan when the story opens.
    # So many months after that the borrower first comes to the bank; 0: knows it by then.
    arrival_month_count: Int64Array
    # Where a bank closes: the account of the same borrower at the bank that takes it over, and
    # which accounts exist only from then on. -1 and False for all others.
    successor: Int64Array
    is_later: BoolArray

    @property
    def size(self) -> int:
        return int(self.bank.size)


def make_accounts(seed: int, banks: Banks, borrowers: Borrowers) -> Accounts:
    """Return which banks each borrower deals with: most with one, some with up to four."""
    rng = np.random.default_rng([seed, 3])
    count, bank_count = len(borrowers.ids), len(banks.banks)
    favourites = _favourites(rng, banks, borrowers)
    # In a very small province everybody deals with more banks, or no bank had fifty borrowers.
    is_small = count < BORROWERS_A_BANK_MIN * bank_count
    shares = (0.1, 0.25, 0.35, 0.3) if is_small else (0.58, 0.27, 0.11, 0.04)
    bank_numbers = rng.choice((1, 2, 3, 4), count, p=shares)
    chosen = np.arange(favourites.shape[1])[None, :] < np.minimum(bank_numbers, bank_count)[:, None]
    borrower, _ = np.nonzero(chosen)
    bank = favourites[chosen]
    order = np.argsort(bank, kind="stable")
    bank, borrower = bank[order], borrower[order]
    # No bank lends one borrower more than it can bear to lose.
    bearable = SCALE_MAX_YUAN * banks.share
    scale = np.minimum(borrowers.scale_yuan[borrower], bearable[bank]) * banks.size_ratio[bank]
    limit = (scale * rng.uniform(1.6, 4.0, bank.size) / 100_000).astype(np.int64) + 1
    limit *= 100_000 * FEN_PER_YUAN
    is_person = np.isin(borrowers.kind[borrower], PERSONS)
    limit[is_person & (rng.random(bank.size) < NO_LINE_RATIO)] = -1
    is_kind_known = ~is_person | (rng.random(bank.size) >= UNKNOWN_KIND_RATIO)
    is_open = rng.random(bank.size) < OPEN_SHARE
    accounts = Accounts(
        bank=bank.astype(np.int64),
        borrower=borrower.astype(np.int64),
        segment=borrowers.segment[borrower],
        scale_yuan=scale,
        limit_minor=limit,
        is_kind_known=is_kind_known,
        is_open=is_open,
        arrival_month_count=np.where(is_open, 0, _arrivals(seed, bank.size)),
        successor=np.full(bank.size, -1, np.int64),
        is_later=np.zeros(bank.size, np.bool_),
    )
    return accounts if banks.merger is None else _with_successors(accounts, banks.merger)


def _arrivals(seed: int, count: int) -> Int64Array:
    """Return months in which borrowers come to a bank: as many in each."""
    return np.random.default_rng([seed, 12]).integers(1, ARRIVAL_MONTHS + 1, count)


def _with_successors(accounts: Accounts, merger: Merger) -> Accounts:
    """Return the accounts with those that come over from a bank that closes, at the end."""
    closing = np.flatnonzero(accounts.bank == merger.closing)
    absorbing = np.flatnonzero(accounts.bank == merger.absorbing)
    known, at_closing, at_absorbing = np.intersect1d(
        accounts.borrower[closing], accounts.borrower[absorbing], return_indices=True
    )
    successor = accounts.successor.copy()
    successor[closing[at_closing]] = absorbing[at_absorbing]
    coming = closing[~np.isin(accounts.borrower[closing], known)]
    successor[coming] = accounts.size + np.arange(coming.size)
    both = np.concatenate([np.arange(accounts.size), coming])
    columns = {name: column[both] for name, column in accounts._asdict().items()}
    columns["bank"][accounts.size :] = merger.absorbing
    columns["successor"] = np.append(successor, np.full(coming.size, -1))
    columns["is_open"][accounts.size :] = False
    columns["is_later"][accounts.size :] = True
    return Accounts(**columns)


def _favourites(rng: np.random.Generator, banks: Banks, borrowers: Borrowers) -> Int64Array:
    """Return the banks that each borrower likes best, best first."""
    count = len(borrowers.ids)
    weight = np.log(banks.share)
    if banks.small >= 0:  # About forty borrowers in all, however many there are.
        weight[banks.small] = np.log(banks.share.sum() * 25 / count)
    place = {code: number for number, code in enumerate(CITIES)}
    bank_city = np.array([place[bank.city] for bank in banks.banks])
    city = np.array([place[code] for code in borrowers.cities])
    parts = []
    for begin in range(0, count, BORROWERS_AT_ONCE):
        near = city[begin : begin + BORROWERS_AT_ONCE, None] == bank_city[None, :]
        liking = weight + 1.1 * (near & banks.is_local[None, :])
        # The largest of weights with Gumbel noise are a draw without replacement.
        liking += rng.gumbel(size=liking.shape)
        parts.append(np.argsort(-liking, axis=1)[:, :BANKS_MAX])
    return np.concatenate(parts)
