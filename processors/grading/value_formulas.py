"""How the value of each measure follows from its inputs, as a formula that people can read.

The measures say it themselves as functions (Measure.recompute); a test holds both together.

Source: docs/method.md#explanation
"""

from schemas.words import Words

_GROWTH = "(latest_minor - base_minor) / base_minor"
# Tried in turn: the first over these inputs that gives the value exactly.
VALUE_FORMULAS = (
    "(latest_minor - base_minor) / base_minor * 100",
    "latest_minor - base_minor",
    "(latest_minor + out_minor - base_minor) / base_minor * 100",
    f"({_GROWTH} - (all_latest_minor - all_base_minor) / all_base_minor) * 100",
    "(latest_count - base_count) / base_count * 100",
    "latest_count - base_count",
    "first_loan_borrower_count",
    "balance_minor",
    "new_lending_minor",
    "balance_minor / all_balance_minor * 100",
    "non_performing_minor / balance_minor * 100",
    "unsecured_minor / new_lending_minor * 100",
    "amount_rate_minor_mbp / (amount_minor * 100000)",
    "spread_minor_mbp / (compared_minor * 1000)",
)
INPUT_WORDS = {
    "base_minor": Words("基期余额（分）", "Base balance (fen)"),
    "latest_minor": Words("期末余额（分）", "Balance at the end (fen)"),
    "out_minor": Words("核销及转出（分）", "Written off and moved out (fen)"),
    "all_base_minor": Words("各项贷款基期余额（分）", "Base balance of all loans (fen)"),
    "all_latest_minor": Words("各项贷款期末余额（分）", "Balance of all loans at the end (fen)"),
    "base_count": Words("基期户数", "Borrowers at the base"),
    "latest_count": Words("期末户数", "Borrowers at the end"),
    "first_loan_borrower_count": Words("首贷户数", "First-loan borrowers"),
    "balance_minor": Words("余额（分）", "Balance (fen)"),
    "all_balance_minor": Words("各项贷款余额（分）", "Balance of all loans (fen)"),
    "new_lending_minor": Words("新发放（分）", "New lending (fen)"),
    "non_performing_minor": Words("不良余额（分）", "Non-performing balance (fen)"),
    "unsecured_minor": Words("信用贷款新发放（分）", "Unsecured new lending (fen)"),
    "amount_minor": Words("金额合计（分）", "Sum of amounts (fen)"),
    "amount_rate_minor_mbp": Words(
        "Σ金额×利率（分×千分之一基点）", "Σ amount × rate (fen × thousandth of a bp)"
    ),
    "compared_minor": Words("可比LPR的金额（分）", "Amounts compared with the LPR (fen)"),
    "spread_minor_mbp": Words(
        "Σ金额×利差（分×千分之一基点）", "Σ amount × spread (fen × thousandth of a bp)"
    ),
}
