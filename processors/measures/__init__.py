"""CATALOG: everything that can be measured of a bank, one file each."""
