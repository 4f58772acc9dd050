"""CATALOG: every graded indicator, one file each."""
