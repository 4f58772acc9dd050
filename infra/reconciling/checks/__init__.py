"""The checks of reconcile, one file each: the SQL of two ways of counting the same thing.

The SQL is plain on purpose and shares nothing with the arithmetic that made the rows: the
effects of events are written out again from docs/reference/effects.md.
"""
