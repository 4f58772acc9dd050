-- The door for submissions: who may come, and what was answered.

create table if not exists principals (
    principal_id String,
    role String,
    bank_id String,
    token_sha256 String,
    is_active UInt8,
    created_at_ms Int64,
    version Int64
) engine = ReplacingMergeTree(version) order by (principal_id);

create table if not exists receipts (
    bank_id String,
    lane UInt16,
    seq Int64,
    lanes UInt16,
    sha256 String,
    complete_to String,
    body String,
    version Int64
) engine = ReplacingMergeTree(version) order by (bank_id, lane, seq);
