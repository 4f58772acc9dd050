"""ClickHouse as the system's memory: one store, two ways to reach an engine, migrations."""
