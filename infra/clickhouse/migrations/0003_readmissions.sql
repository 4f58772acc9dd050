-- Which messages were rejected before and are sent again.

create table if not exists readmissions (
    generation UInt16,
    partition UInt16,
    offset Int64,
    bank_id String,
    origin String,
    outcome String,
    version Int64
) engine = ReplacingMergeTree(version) order by (generation, partition, offset);
