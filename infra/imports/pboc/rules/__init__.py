"""Catalog: what every row of the banks' files is checked for, by topic."""
