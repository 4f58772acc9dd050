"""What the rules over several rows, tables and months say, in Chinese and English."""

from infra.imports.pboc.rule import Level
from infra.imports.pboc.rules_page import OtherRule

_ALL = "all"
_FILE_RULES = (
    ("1", "文件名为 机构代码_表代码_期末日期，每行的金融机构代码与之一致",
     "the name is institution_table_period end, and every row has that institution"),
    ("2", "压缩包内只有同名的 .dat 和 .log", "a .zip holds the .dat and the .log of its name"),
    ("3", ".log 中的 MD5、大小、行数与 .dat 一致",
     "MD5, size and row count in the .log are those of the .dat"),
    ("4", "UTF-8 编码，无 BOM", "UTF-8 without a byte order mark"),
)  # fmt: skip
# Where a rule of several rows applies, and how grave it is.
PLACES: dict[str, tuple[Level, str]] = {
    "5": (Level.REFUSE, _ALL),
    "26": (Level.WARN, "DWDKFS GRDKFS"),
    "42": (Level.REFUSE, _ALL),
    "43": (Level.REFUSE, "DWDKFS GRDKFS PJRZFS WTDKFS"),
    "44": (Level.WARN, "DWDKFS GRDKFS PJRZFS WTDKFS"),
    "45": (Level.REFUSE, "DWDKFS CLDWDK"),
    "46": (Level.PERIOD, "FTYKHX GRKHXX"),
    "51": (Level.REFUSE, "CLDWDK CLGRDK"),
    "52": (Level.REFUSE, "DBWXX"),
    "55": (Level.PERIOD, "CLDWDK CLGRDK CLPJRZ"),
    "56": (Level.PERIOD, "CLDWDK CLGRDK CLPJRZ"),
    "57": (Level.WARN, "CLDWDK CLGRDK CLPJRZ"),
}

# What must hold.
TEXTS: dict[str, tuple[str, str]] = {
    "5": (
        "字段个数与表结构不符",
        "a line must have the number of fields of its table",
    ),
    "26": (
        "同一借据当月多次收回的，只有结清的一笔填写贷款实际终止日期",
        "of several recoveries of one receipt in a month only the settling one has closed_on",
    ),
    "42": (
        "同一文件内主键不得重复，重复的行退回",
        "a key must not come twice in one file; the later row is held back",
    ),
    "43": (
        "交易流水号在同一期内不得重复",
        "a transaction number must not come twice in a period",
    ),
    "44": (
        "交易流水号多数行相同，不能区分交易，已按其余字段区分",
        "most rows have one transaction number, which tells nothing apart; other fields do",
    ),
    "45": (
        "借款人应在非同业单位客户基础信息中，且证件类型、部门、规模、经济成分一致",
        "the borrower must be in FTYKHX with the same id type, sector, size and ownership",
    ),
    "46": (
        "报送过的客户应一直报送；上期有而本期没有的客户数",
        "a customer once reported stays in every later file; customers that have gone",
    ),
    "51": (
        "有担保的贷款应有担保合同（被担保合同编码等于贷款合同编码）",
        "a secured loan must have a row in DBHTXX whose secured_contract_no is its contract_no",
    ),
    "52": (
        "担保物的担保合同编码应在担保合同信息中",
        "the guarantee_no of a collateral must be in DBHTXX",
    ),
    "55": (
        "期初余额 + 本期发放 − 本期收回 = 期末余额（按借据、原币）；事件照常计入",
        "opening + increases − decreases = closing, per receipt in its currency; the events count",
    ),
    "56": (
        "进入或离开存量的借据应有发放或收回的行；事件照常计入",
        "a receipt that enters or leaves the stock must have a flow row; the events count",
    ),
    "57b": (
        "行数较上一次报送变动超过 30 %, 请核对文件是否完整 (阈值为本系统自定)",
        "rows moved by more than 30 % since the batch before: is the file whole? (ours)",
    ),
    "57": (
        "余额较上月变动超过 30 %，请核对单位（阈值为本系统自定）",
        "the book moved by more than 30 % in a month: look at the unit (the threshold is ours)",
    ),
}

# Why something was not looked at.
UNCHECKED: dict[str, tuple[str, str]] = {
    "45": (
        "未报送非同业单位客户基础信息 (FTYKHX)，未核对借款人",
        "FTYKHX was not sent, so borrowers were not compared with it",
    ),
    "51": (
        "未报送担保合同信息 (DBHTXX)，未核对担保合同",
        "DBHTXX was not sent, so contracts were not looked up",
    ),
    "52": (
        "未报送担保合同信息 (DBHTXX)，未核对担保物",
        "DBHTXX was not sent, so collateral was not looked up",
    ),
    "55": (
        "发生额表和存量表未同时报送，未核对余额连续性",
        "flow and stock of the month are not both there, so balances were not compared",
    ),
    "gap": (
        "上月存量未报送，未核对余额连续性",
        "the stock of the month before is not there, so balances were not compared",
    ),
    "lines": (
        "{} 中有不成行的数据, 其借据可能误报为规则 55、56",
        "{} has lines that are no rows: their receipts may be named under rules 55 and 56",
    ),
    "held": (
        "{} 笔借据有被退回的行，未核对其余额连续性",
        "receipts with a row held back, of which balances were not compared: {}",
    ),
}


def other_rules() -> list[OtherRule]:
    """Return the rules that no single row decides, for the page of rules."""
    of_files = [OtherRule(number, Level.PERIOD, _ALL, zh, en) for number, zh, en in _FILE_RULES]
    return of_files + [
        OtherRule(number, level, tables, *TEXTS[number])
        for number, (level, tables) in PLACES.items()
    ]
