"""What a field looks like when it is right: what a bank's clerk is shown beside a wrong value."""

from infra.imports.pboc.table_spec import CODE_LISTS, Field

_DATE = "2026-09-03"
_CODES = {  # Of lists that are patterns, or whose first code fits few tables.
    "uscc": "91310115XXDEM0015M",
    "region": "310115",
    "currency": "CNY",
    "industry": "C39",
    "use_industry": "C391",
    "sector": "C01",
    "size": "CS03",
    "ownership": "B0102",
    "product": "F022",
    "benchmark_kind": "TR05",
    "guarantee_kind": "C99",
    "collateral_kind": "B01",
    "appraisal_source": "01",
}
_NUMBERS = {0: "86", 2: "3000000.00", 5: "3.45000"}
_TEXTS = {
    "purpose_text": "采购电子元件",
    "customer_name": "某某电子有限公司",
    "acceptor_name": "某某银行",
    "drawer_name": "某某电子有限公司",
    "basic_account_bank": "某某银行上海分行",
    "basic_account_no": "1001234509000000001",
    "business_scope": "电子元件制造，销售",
    "registered_address": "上海市浦东新区一路1号",
    "internal_org_no": "XB310001",
    "receipt_no": "XJ26090001",
    "contract_no": "HT26090001",
    "secured_contract_no": "HT26090001",
    "guarantee_no": "DB26090001",
    "collateral_no": "DY26090001",
    "title_nos": "沪2026浦字第000001号",
    "bill_no": "510229000001820260910000000001",
    "controller_id_types": "A01",
}
_NUMBER_OF_ITS_OWN = "T2609030001"
_IDENTIFIER = "91310115XXDEM0015M"


def example_of(field: Field) -> str:
    """Return a value that is right in ``field`` as far as the field alone decides."""
    if field.is_date:
        return _DATE
    if field.decimals is not None:
        return _NUMBERS[field.decimals]
    if field.code_list:
        return _CODES.get(field.code_list) or next(iter(CODE_LISTS[field.code_list].codes))
    if field.name.endswith(("_id", "_ids", "_uscc", "_licence_no")):
        return _IDENTIFIER
    return _TEXTS.get(field.name, _NUMBER_OF_ITS_OWN)[: field.length_max]
