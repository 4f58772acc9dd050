"""CATALOG: every alert rule, one pure file each."""
