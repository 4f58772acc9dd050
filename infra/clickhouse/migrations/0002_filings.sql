-- The banks' own files: as sent, what they made, and what was found in them.

create table if not exists filings (
    bank_id String,
    table_code String,
    period String,
    batch Int32,
    file_name String,
    spec_version String,
    sha256 String,
    size_bytes Int64,
    row_count Int64,
    log_text String,
    received_at_ms Int64,
    state String,
    report String,
    refused_lines String,
    version Int64
) engine = ReplacingMergeTree(version) order by (bank_id, table_code, period, batch);

create table if not exists filing_pieces (
    bank_id String,
    table_code String,
    period String,
    batch Int32,
    piece Int32,
    size_bytes Int64,
    content String,
    version Int64
) engine = ReplacingMergeTree(version) order by (bank_id, table_code, period, batch, piece);

create table if not exists filing_events (
    bank_id String,
    period String,
    partition UInt16,
    offset Int64,
    ids String,
    positions String,
    withdrawn_counts String,
    standings String,
    version Int64
) engine = ReplacingMergeTree(version) order by (bank_id, period, partition, offset);

create table if not exists filing_findings (
    bank_id String,
    table_code String,
    period String,
    batch Int32,
    number Int64,
    line Int64,
    field String,
    rule String,
    level String,
    found String,
    expected String,
    version Int64
) engine = ReplacingMergeTree(version) order by (bank_id, table_code, period, batch, number);
