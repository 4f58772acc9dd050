-- All tables of the first version: absolute rows, the newest version of a key counts.
-- Columns as in schemas/tables.py; a test compares the two.

create table if not exists messages (
    topic String,
    partition UInt16,
    offset Int64,
    received_at_ms Int64,
    headers String,
    value String,
    version Int64
) engine = ReplacingMergeTree(version) order by (topic, partition, offset);

create table if not exists submissions (
    generation UInt16,
    partition UInt16,
    offset Int64,
    bank_id String,
    lane UInt16,
    lanes UInt16,
    seq Int64,
    sha256 String,
    complete_to String,
    received_at_ms Int64,
    outcome String,
    event_count Int64,
    stored_count Int64,
    duplicate_count Int64,
    rejected_count Int64,
    version Int64
) engine = ReplacingMergeTree(version) order by (generation, partition, offset);

create table if not exists events (
    generation UInt16,
    partition UInt16,
    offset Int64,
    position Int32,
    event_id String,
    event_type String,
    sign Int32,
    reversed_event_id String,
    bank_id String,
    borrower_id String,
    occurred_on String,
    quarter UInt16,
    loan_kind UInt8,
    amount_cny_minor Int64,
    rate_mbp Int64,
    old_rate_mbp Int64,
    loan_class UInt8,
    old_loan_class UInt8,
    is_cny UInt8,
    matures_day Int32,
    guarantee_kind UInt8,
    policy_tags UInt8,
    version Int64
) engine = ReplacingMergeTree(version) order by (generation, partition, offset, position);

create table if not exists rejected (
    generation UInt16,
    partition UInt16,
    offset Int64,
    position Int32,
    bank_id String,
    event_id String,
    code String,
    field String,
    found String,
    expected String,
    raw String,
    version Int64
) engine = ReplacingMergeTree(version) order by (generation, partition, offset, position);

create table if not exists cells (
    generation UInt16,
    partition UInt16,
    bank_id String,
    borrower_id String,
    loan_kind UInt8,
    quarter UInt16,
    brought_forward_minor Int64,
    disbursed_minor Int64,
    acquired_minor Int64,
    repaid_minor Int64,
    written_off_minor Int64,
    moved_out_minor Int64,
    revalued_minor Int64,
    disbursed_rate_hi Int64,
    disbursed_rate_lo Int64,
    balance_rate_hi Int64,
    balance_rate_lo Int64,
    non_performing_minor Int64,
    version Int64
) engine = ReplacingMergeTree(version) order by (generation, partition, bank_id, borrower_id, loan_kind, quarter);

create table if not exists tag_cells (
    generation UInt16,
    partition UInt16,
    bank_id String,
    borrower_id String,
    loan_kind UInt8,
    quarter UInt16,
    tag UInt16,
    disbursed_minor Int64,
    disbursed_rate_hi Int64,
    disbursed_rate_lo Int64,
    draw_count Int64,
    version Int64
) engine = ReplacingMergeTree(version) order by (generation, partition, bank_id, borrower_id, loan_kind, quarter, tag);

create table if not exists profiles (
    generation UInt16,
    partition UInt16,
    bank_id String,
    borrower_id String,
    quarter UInt16,
    borrower_kind UInt8,
    holding UInt8,
    firm_size UInt8,
    industry String,
    city String,
    occurred_day Int32,
    revision Int32,
    event_hash Int64,
    version Int64
) engine = ReplacingMergeTree(version) order by (generation, partition, bank_id, borrower_id, quarter);

create table if not exists credit_lines (
    generation UInt16,
    partition UInt16,
    bank_id String,
    borrower_id String,
    quarter UInt16,
    limit_cny_minor Int64,
    used_cny_minor Int64,
    occurred_day Int32,
    revision Int32,
    event_hash Int64,
    version Int64
) engine = ReplacingMergeTree(version) order by (generation, partition, bank_id, borrower_id, quarter);

create table if not exists registers (
    generation UInt16,
    partition UInt16,
    register String,
    bank_id String,
    entry String,
    body String,
    occurred_day Int32,
    revision Int32,
    event_hash Int64,
    version Int64
) engine = ReplacingMergeTree(version) order by (generation, partition, register, bank_id, entry);

create table if not exists totals (
    generation UInt16,
    partition UInt16,
    bank_id String,
    population String,
    quarter UInt16,
    tag UInt16,
    balance_change_minor Int64,
    balance_rate_change_hi Int64,
    balance_rate_change_lo Int64,
    non_performing_change_minor Int64,
    borrower_change_count Int64,
    brought_forward_minor Int64,
    disbursed_minor Int64,
    acquired_minor Int64,
    repaid_minor Int64,
    written_off_minor Int64,
    moved_out_minor Int64,
    revalued_minor Int64,
    reclassified_minor Int64,
    disbursed_rate_hi Int64,
    disbursed_rate_lo Int64,
    draw_count Int64,
    draw_borrower_count Int64,
    lanes String,
    version Int64
) engine = ReplacingMergeTree(version) order by (generation, partition, bank_id, population, quarter, tag);

create table if not exists checkpoints (
    generation UInt16,
    partition UInt16,
    next_offset Int64,
    log_identity String,
    lanes String,
    version Int64
) engine = ReplacingMergeTree(version) order by (generation, partition);

create table if not exists pointers (
    name String,
    value Int64,
    version Int64
) engine = ReplacingMergeTree(version) order by (name);

create table if not exists imports (
    sha256 String,
    file_name String,
    state String,
    report String,
    version Int64
) engine = ReplacingMergeTree(version) order by (sha256);

create table if not exists grading_runs (
    run_id String,
    quarter String,
    methodology String,
    methodology_hash String,
    input_digest String,
    formula_version String,
    graded_at_ms Int64,
    body String,
    version Int64
) engine = ReplacingMergeTree(version) order by (run_id);

-- Which of these files this database has been through.
create table if not exists migrations (
    number UInt16,
    name String,
    sha256 String,
    applied_at_ms Int64,
    version Int64
) engine = ReplacingMergeTree(version) order by (number);
