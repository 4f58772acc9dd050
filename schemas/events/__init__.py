"""CATALOG: every kind of event, one file each."""
