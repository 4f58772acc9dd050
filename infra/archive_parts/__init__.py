"""CATALOG: the parts of a bank's archive of one quarter, one file a subject."""
