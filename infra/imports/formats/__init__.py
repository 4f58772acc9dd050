"""CATALOG: every kind of file that can be imported, one module each."""
