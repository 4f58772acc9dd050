"""Passages that several editions have: what was graded, by which methodology, and how it reads."""

from infra.publish.agencies import load_agencies
from infra.publish.document import Block, Heading, Label, Paragraph, Piece, Table, TableColumn
from infra.publish.pieces import (
    NONE,
    bank_label,
    figure,
    points_figure,
    unit_label,
    value_figure,
)
from infra.publish.reading import joined
from infra.publish.subject import Subject, day_label, quarter_label
from processors.grading.measuring import label_of
from schemas.grading import BankGrade
from schemas.methodology import MANUAL, Indicator

INDICATORS_A_TABLE = 4
_DIRECTIONS = {
    "higher": Label(zh="越高越好", en="higher is better"),
    "lower": Label(zh="越低越好", en="lower is better"),
    "none": Label(zh="按办法", en="as the methodology says"),
}
_ROLES = {
    "regular": Label(zh="常规", en="regular"),
    "bonus": Label(zh="加分", en="bonus"),
    "deduction": Label(zh="扣分", en="deduction"),
}


def words(zh: str, en: str) -> Label:
    """Return words in both languages."""
    return Label(zh=zh, en=en)


def heading(zh: str, en: str) -> Heading:
    """Return a heading of the first level; its number stands in the words."""
    return Heading(text=Label(zh=zh, en=en))


def opening(subject: Subject) -> list[Block]:
    """Return the first paragraphs: which quarter, which methodology, which data."""
    run, quarter = subject.run, quarter_label(subject.quarter)
    blocks: list[Block] = [
        Paragraph(
            pieces=[
                words(
                    f"按照有关工作安排，对{quarter.zh}银行业金融机构信贷投放情况开展了评估。评估依据："
                    f"{run.label_zh}（第{run.methodology_version}版）。{subject.methodology.basis_zh}"
                    "现将结果通报如下。",
                    f"Lending by banks in {quarter.en} was assessed by: {run.label_en} (version "
                    f"{run.methodology_version}). {subject.methodology.basis_en} "
                    "The results follow.",
                )
            ]
        )
    ]
    if run.is_illustrative:
        blocks.append(
            Paragraph(
                is_note=True,
                pieces=[
                    words(
                        "本次评估使用示例办法：权重、分组与分数线均为示例，不是任何机关的规定。",
                        "The methodology is illustrative: its weights, groups and cut-offs are no "
                        "rule of any authority.",
                    )
                ],
            )
        )
    blocks += [
        Paragraph(is_note=True, pieces=[words(f"假设：{zh}", f"Supposed: {en}")])
        for zh, en in zip(run.supposed_zh, run.supposed_en, strict=True)
    ]
    return blocks


def data_note(subject: Subject) -> Paragraph:
    """Return which data the figures stand on, and that the groups' may be of a later state."""
    run, version = subject.run, subject.results.data_version
    zh, en = f"评估运行 {run.run_id[:12]}", f"Grading run {run.run_id[:12]}"
    if run.as_of:
        zh, en = f"{zh}，截至 {run.as_of} 已知", f"{en}, as known on {run.as_of}"
    if run.data_version and version != run.data_version:
        zh += f"；各类机构数据截至报文 {version}，评估截至报文 {run.data_version}"
        en += (
            f"; figures of groups are of message {version}, the grades of message "
            f"{run.data_version}"
        )
    return Paragraph(is_note=True, pieces=[words(f"数据：{zh}。", f"Data: {en}.")])


def signing(subject: Subject) -> list[Block]:
    """Return who signed the version that was published."""
    published = subject.published
    if published is None or not published.signers:
        return []
    day = day_label(subject.named_on)
    names = load_agencies().issuers(subject.named_on, subject.issuer_keys)
    return [
        Paragraph(
            is_note=True,
            pieces=[
                words(
                    f"会签机关：{joined(names, 'zh')}；第{published.version}版，{day.zh}通报。",
                    f"Signed by: {joined(names, 'en')}; version {published.version}, published "
                    f"{day.en}.",
                )
            ],
        )
    ]


def indicator_code(indicator: Indicator, number: int) -> str:
    """Return under which short name an indicator heads a narrow column."""
    return indicator.code or f"#{number}"


def legend(subject: Subject) -> Table:
    """Return what the indicators are, and the short name of each."""
    rows: list[list[Piece]] = []
    for n, one in enumerate(subject.methodology.indicators, 1):
        named, key = label_of(one), f"methodology/{one.name}"
        weight: Piece = NONE
        if one.weight_percent is not None:
            weight = figure(f"{one.weight_percent.normalize():f}", f"{key}/weight_percent")
        code = indicator_code(one, n)
        rows.append(
            [
                words(code, code),
                words(named.zh, named.en),
                unit_label(one),
                weight,
                _how(one),
            ]
        )
    return Table(
        name="indicators",
        title=words("评估指标", "Indicators"),
        columns=[
            TableColumn(head=words("代码", "Code")),
            TableColumn(head=words("指标", "Indicator"), width_share=6),
            TableColumn(head=words("单位", "Unit")),
            TableColumn(head=words("权重（%）", "Weight (%)"), is_number=True),
            TableColumn(head=words("方向", "Direction"), width_share=3),
        ],
        rows=rows,
    )


def _how(indicator: Indicator) -> Label:
    """Return how an indicator counts; what only adds or takes away has no better side."""
    role, direction = _ROLES[indicator.role], _DIRECTIONS[indicator.direction]
    if indicator.role != "regular":
        return role
    return words(f"{role.zh}，{direction.zh}", f"{role.en}, {direction.en}")


def value_tables(subject: Subject, banks: list[BankGrade]) -> list[Table]:
    """Return the values and points of ``banks``, a few indicators to a table so that it fits."""
    indicators = list(enumerate(subject.methodology.indicators, 1))
    tables = []
    for start in range(0, len(indicators), INDICATORS_A_TABLE):
        part = indicators[start : start + INDICATORS_A_TABLE]
        columns = [TableColumn(head=words("机构", "Bank"), width_share=5)]
        for n, one in part:
            code = indicator_code(one, n)
            columns.append(TableColumn(head=words(f"{code} 值", f"{code} value"), is_number=True))
            columns.append(
                TableColumn(head=words(f"{code} 得分", f"{code} points"), is_number=True)
            )
        number = start // INDICATORS_A_TABLE + 1
        tables.append(
            Table(
                name=f"values_{number}",
                title=words(f"指标值和得分（{number}）", f"Values and points ({number})"),
                columns=columns,
                rows=[_value_row(bank, [one for _, one in part]) for bank in banks],
            )
        )
    return tables


def _value_row(bank: BankGrade, indicators: list[Indicator]) -> list[Piece]:
    graded = {one.name: one for one in bank.indicators}
    row: list[Piece] = [bank_label(bank)]
    for one in indicators:
        row.append(value_figure(bank, graded[one.name], one))
        row.append(points_figure(bank, graded[one.name]))
    return row


def manual_table(subject: Subject, banks: list[BankGrade]) -> Table | None:
    """Return what was entered by hand, None where the methodology has nothing of the kind."""
    items = [one for one in subject.methodology.indicators if one.measure == MANUAL]
    if not items:
        return None
    rows: list[list[Piece]] = []
    for bank in banks:
        graded = {one.name: one for one in bank.indicators}
        for one in items:
            named = label_of(one)
            clause = one.clause or "—"
            rows.append(
                [
                    bank_label(bank),
                    words(named.zh, named.en),
                    value_figure(bank, graded[one.name], one),
                    points_figure(bank, graded[one.name]),
                    words(clause, clause),
                ]
            )
    return Table(
        name="manual",
        title=words("人工评定项目", "Items entered by hand"),
        columns=[
            TableColumn(head=words("机构", "Bank"), width_share=4),
            TableColumn(head=words("项目", "Item"), width_share=4),
            TableColumn(head=words("评定", "Value"), is_number=True),
            TableColumn(head=words("得分", "Points"), is_number=True),
            TableColumn(head=words("条款", "Clause"), width_share=3),
        ],
        rows=rows,
    )


def caps_table(banks: list[BankGrade]) -> Table | None:
    """Return what held totals and grades down, each with its clause; None where nothing did."""
    rows: list[list[Piece]] = [
        [
            bank_label(bank),
            words(cap.zh, cap.en),
            words(cap.clause, cap.clause),
            figure(cap.before, f"{bank.bank_id}/cap/{cap.clause}/before"),
            figure(cap.after, f"{bank.bank_id}/cap/{cap.clause}/after"),
        ]
        for bank in banks
        for cap in bank.caps
    ]
    if not rows:
        return None
    return Table(
        name="caps",
        title=words("封顶和否决情形", "Caps and vetoes"),
        columns=[
            TableColumn(head=words("机构", "Bank"), width_share=4),
            TableColumn(head=words("情形", "What"), width_share=5),
            TableColumn(head=words("条款", "Clause"), width_share=3),
            TableColumn(head=words("原为", "Without it"), is_number=True),
            TableColumn(head=words("调整为", "With it"), is_number=True),
        ],
        rows=rows,
    )
