"""CATALOG: how a value becomes points, one file a kind."""
