-- The life of a grading: what persons did, what they handed in, methods used, certificates.

create table if not exists grading_acts (
    quarter String,
    number Int64,
    act String,
    person String,
    role String,
    bank_id String,
    at_ms Int64,
    body String,
    previous_sha256 String,
    sha256 String,
    version Int64
) engine = ReplacingMergeTree(version) order by (quarter, number);

create table if not exists grading_files (
    sha256 String,
    file_name String,
    size_bytes Int64,
    content String,
    version Int64
) engine = ReplacingMergeTree(version) order by (sha256);

create table if not exists methodologies (
    methodology_hash String,
    name String,
    number Int64,
    body String,
    version Int64
) engine = ReplacingMergeTree(version) order by (methodology_hash);

create table if not exists certificates (
    run_id String,
    quarter String,
    signed_at_ms Int64,
    body String,
    version Int64
) engine = ReplacingMergeTree(version) order by (run_id);
