"""From a table of values to points, totals and grades, exactly.

table.py        what is graded: banks, columns, a cell for each
formula.py      the short formulas of a methodology
normalisers/    CATALOG: how a value becomes points, one file a kind
groups.py       whom a bank is compared with
points.py       points of one indicator
totals.py       weights, bonus, deductions, caps
levels.py       cut-offs and quotas
grade.py        all of it, in order
"""
