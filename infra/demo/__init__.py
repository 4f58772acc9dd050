"""An invented province of banks and borrowers: seeded, pure, with neutral names.

Who there is       banks, borrowers, accounts (who banks with whom), identifiers
What happens       story, month by month: old_loans, new_loans, bills, profiles, mergers, market
Where it stands    loan_book (what is outstanding), event_rows (what happened)
What goes wrong    troubles, one file each, and planted, which keeps the truth about them
What is sent       sending (late, wrong, corrected), reporting (submissions)
How it is said     telling (events), event_table (the same, a column at a time), filings (files)
All together       economy
"""
