// What the page itself says, in both languages. Names of populations, groups and statuses come
// from the server with the rows: they are listed in one place only.

import { DESK_WORDS } from "./desk_words.js";
import { GRADING_WORDS } from "./grading_words.js";

const WORDS = {
  ...GRADING_WORDS,
  ...DESK_WORDS,
  overview: ["总览", "Overview"],
  institutions: ["机构", "Banks"],
  grades: ["评估", "Grades"],
  attention: ["预警", "Alerts"],
  coverage: ["数据", "Data"],
  quarter: ["季度", "Quarter"],
  population: ["口径", "Loans"],
  basis: ["基准", "Growth"],
  newest: ["最新", "newest"],
  data_version: ["数据版本", "Version"],
  live: ["实时", "Live"],
  waiting: ["等待数据", "Waiting for data"],
  lost: ["连接中断", "Connection lost"],
  theme: ["主题", "Theme"],
  theme_auto: ["随系统", "system"],
  theme_light: ["浅色", "light"],
  theme_dark: ["深色", "dark"],
  csv: ["下载 CSV", "CSV"],
  png: ["下载 PNG", "PNG"],
  close: ["关闭", "Close"],
  retry: ["重试", "Retry"],
  loading: ["正在读取…", "Loading…"],
  bank: ["机构", "Bank"],
  scope: ["范围", "Scope"],
  peer_group: ["组别", "Group"],
  yi: ["亿元", "100m CNY"],
  yuan: ["元", "CNY"],
  balance: ["贷款余额", "Balance"],
  base_balance: ["基期余额", "Base balance"],
  growth: ["增速", "growth"],
  growth_restored: ["还原增速", "Restored"],
  gap_to_all: ["与各项贷款\u200b增速差", "Gap to all loans"],
  borrowers: ["贷款户数", "Borrowers"],
  borrowers_summed: ["户数合计", "Borrowers, summed"],
  distinct: ["去重户数", "Distinct"],
  counting: ["计算中", "counting"],
  change_ytd: ["较年初", "since start of year"],
  change_yoy: ["同比", "on a year ago"],
  reaches_30: ["达30%", "Reaches 30 %"],
  yes: ["是", "yes"],
  no: ["否", "no"],
  source: ["来源", "Source"],
  coverage_percent: ["覆盖率", "Coverage"],
  missing: ["缺报机构", "Missing banks"],
  lacking: ["缺此数机构", "Without this figure"],
  new_banks: ["新设机构", "New banks"],
  preliminary: ["初步", "preliminary"],
  to_date: ["截至目前", "to date"],
  region_table: ["全省与组别", "Province and groups"],
  published_table: ["公布汇总", "Published totals"],
  published_note: ["监管部门公布数, 只列示, 不参与汇总与评估", "As published by the authority: shown, never summed or graded"],
  growth_table: ["余额与增速", "Balances and growth"],
  rate_table: ["利率与投放", "Interest rates and new lending"],
  new_lending: ["本季新发放", "New lending"],
  new_rate: ["新发放利率", "New-lending rate"],
  ytd_lending: ["本年新发放", "Lending this year"],
  closed_banks: ["期间关闭", "Closed in between"],
  ytd_rate: ["本年\u200b新发放利率", "Year-to-date rate"],
  change_rate: ["新发放利率\u200b同比变动", "Change on a year ago"],
  outstanding_rate: ["存量利率", "Outstanding rate"],
  lpr_spread: ["LPR 利差", "LPR spread"],
  lpr_compared: ["可比占比", "Compared"],
  non_performing: ["不良率", "NPL ratio"],
  first_loans: ["首贷户", "First loans"],
  not_counted: ["未统计", "Not counted"],
  not_applicable: ["不适用", "Not applicable"],
  unknown: ["未报送", "Not reported"],
  dot_plot: ["各机构增速", "Growth by bank"],
  line_chart: ["余额与增速走势", "Balance and growth by quarter"],
  rate_chart: ["新发放利率走势", "New-lending rate by quarter"],
  lpr_one_year: ["1年期 LPR", "1-year LPR"],
  no_chart: ["图表未能载入, 数字以表格为准。", "The chart could not be loaded; the table holds the figures."],
  no_rows: ["本季度没有数据", "No data for this quarter"],
  no_rows_help: ["所选季度与口径下尚无机构报送。可另选季度, 或在“数据”页查看报送进度。", "No bank has reported for this quarter and definition. Choose another quarter, or see who has reported under Data."],
  no_data: ["尚无数据", "No data yet"],
  no_data_help: ["报送一到, 本页自动更新。导入文件: puhui import 文件", "The page moves by itself when the first submission arrives. To import a file: puhui import FILE"],
  no_points: ["所选口径尚无可绘制的数据。", "There is nothing to draw for these loans yet."],
  one_point: ["目前只有一个数据点, 不绘图。", "One figure so far, so no chart."],
  only_published: ["只有公布汇总", "Published totals only"],
  only_published_help: ["尚无逐笔数据或报表, 全省与组别、利率与投放暂不列示。导入机构名录和逐笔数据或报表后在此列示: puhui import 文件", "There are no loan-level data or reported positions yet, so the province, its groups and interest rates cannot be shown. Import a register of banks with loan-level data or positions: puhui import FILE"],
  no_grades: ["本季度尚未评估", "This quarter has not been graded"],
  no_grades_help: ["运行评估后在此列示: puhui grade 季度", "Results stand here after a grading run: puhui grade QUARTER"],
  no_alerts: ["目前没有预警", "Nothing needs attention"],
  no_alerts_help: ["各项规则均未触发。", "No rule has been triggered."],
  illustrative: ["示例", "illustrative"],
  to_date_note: ["截至目前: 该季度尚未结束, 仅供试算, 不得通报。", "To date: the quarter is not over; a trial only, not to be published."],
  illustrative_note: ["权重与分数线均为示例, 不是任何机关的规定。", "Weights and cut-offs are examples, not the rule of any authority."],
  methodology: ["评估办法", "Methodology"],
  points: ["得分", "Points"],
  grade: ["档次", "Grade"],
  board: ["各机构档次", "Grades by bank"],
  compared_in: ["比较组", "Compared in"],
  reasons: ["评估理由", "Reasons"],
  indicators: ["指标", "Indicators"],
  weight: ["权重", "Weight"],
  figure: ["数值", "Figure"],
  more: ["其余理由", "More"],
  all_reasons: ["逐项指标", "By indicator"],
  complete_to: ["报送截至", "Complete to"],
  state: ["状态", "State"],
  gaps: ["缺号", "Missing submissions"],
  to_do: ["处理", "What to do"],
  reconcile_table: ["账实核对", "Reconciliation"],
  reconcile_ok: ["各项一致", "everything agrees"],
  reconcile_difference: ["差异", "differences:"],
  reconcile_checking: ["核对中", "under way"],
  reconcile_failed: ["核对未能完成", "could not be finished"],
  gap_lane: ["通道", "lane"],
  gap_seq: ["序号", "seq"],
  lanes: ["通道完整", "Lanes complete"],
  has_reported: ["已报送", "Reported"],
  unregistered: ["未登记", "not registered"],
  nothing_complete: ["尚未完整", "Nothing complete"],
  none: ["无", "None"],
  units: ["同口径机构", "Banks at both ends"],
  group_coverage_table: ["汇总覆盖率", "Coverage of aggregates"],
  severity_notice: ["提示", "Notice"],
  severity_warning: ["警示", "Warning"],
  coverage_table: ["报送进度", "Who has reported"],
  rejected: ["拒收", "Rejected"],
  attention_table: ["需要关注", "Needs attention"],
  severity: ["级别", "Severity"],
  rule: ["规则", "Rule"],
  message: ["内容", "What"],
  where_from: ["数字来源", "Where this figure comes from"],
  bridge: ["余额变动", "From opening to closing balance"],
  opening: ["期初余额", "Opening balance"],
  brought_forward: ["结转", "Brought forward"],
  disbursed: ["发放", "Disbursed"],
  acquired: ["受让", "Acquired"],
  repaid: ["收回", "Repaid"],
  written_off: ["核销", "Written off"],
  moved_out: ["转出(转让、证券化等)", "Moved out (sold, securitised…)"],
  revalued: ["汇率重估", "Revalued"],
  reclassified: ["口径划转", "Reclassified"],
  closing: ["期末余额", "Closing balance"],
  closes: ["期初加各项变动等于期末, 差额 0", "Opening and changes make the closing balance, difference 0"],
  closes_not: ["差额", "Difference"],
  no_bridge: ["此数无逐笔变动表。", "There is no bridge behind this figure."],
  members: ["相加的机构", "Banks added up"],
  members_note: ["汇总数由下列机构相加, 点击机构查看其余额变动。", "The aggregate adds up these banks; click a bank for its own bridge."],
  members_hidden: ["下列机构有此数, 但覆盖率不足, 不列示汇总数。", "These banks have the figure, but cover too little for a sum to be printed."],
  no_members: ["没有可相加的机构。", "There are no banks to add up."],
  formula: ["计算公式", "Formula"],
  formula_growth: ["增速 = (期末余额 − 基期余额) ÷ 基期余额 × 100%, 由未舍入余额计算, 四舍五入", "growth = (closing − base) ÷ base × 100 %, from unrounded balances, rounded half up"],
  formula_restored: ["还原增速: 期末余额加回基期之后的核销与转出", "restored growth: write-offs and loans moved out after the base are added back"],
  formula_gap: ["增速差 = 本口径增速 − 各项贷款增速, 由未舍入数计算", "gap = growth of these loans − growth of all loans, from unrounded figures"],
  formula_new_rate: ["加权平均利率 = Σ(发放金额 × 年利率) ÷ Σ发放金额", "weighted rate = Σ(amount × yearly rate) ÷ Σ amount"],
  formula_outstanding: ["存量利率 = Σ(期末余额 × 执行利率) ÷ Σ期末余额", "outstanding rate = Σ(balance × current rate) ÷ Σ balance"],
  formula_spread: ["利差 = 每笔发放利率 − 当日同期限 LPR, 按金额加权; 仅人民币", "spread = each draw's rate − the LPR of its day and term, weighted by amount; CNY only"],
  formula_npl: ["不良率 = (次级 + 可疑 + 损失)余额 ÷ 贷款余额 × 100%", "NPL ratio = balance classed substandard or worse ÷ balance × 100 %"],
  formula_count: ["期末余额大于 0 的借款人户数, 同一机构内不重复", "borrowers with a balance above 0, each counted once in a bank"],
  formula_coverage: ["覆盖率 = 两期均有数机构的基期余额 ÷ 全部有基期余额机构的基期余额 × 100%; 低于 99% 为初步, 低于 95% 不列示", "coverage = base of banks present at both ends ÷ base of all banks with a base × 100 %; under 99 % preliminary, under 95 % not printed"],
  formula_distinct: ["跨机构不重复户数", "Distinct over all banks"],
  method: ["计算方法", "Method"],
  method_language: ["方法文件为英文。", "The method document is in English."],
  method_doc: ["公式全文", "Full definition"],
  stale: ["以下为中断前的数字", "the figures below are from before"],
  pause: ["暂停", "Pause"],
  resume: ["继续", "Resume"],
  step: ["单步", "Step"],
  speed: ["速度", "Speed"],
  demo: ["演示", "Demo"],
  demo_history: ["正在载入历史数据", "loading the past"],
  demo_failed: ["演示已停止, 见日志", "the demo stopped; see the log"],
  paused: ["已暂停", "paused"],
};

/**
 * The word for `key` in `lang`.
 * @param {"zh"|"en"} lang
 * @param {keyof typeof WORDS} key
 */
export function word(lang, key) {
  const pair = WORDS[key];
  if (!pair) throw new Error(`no word for ${key}: add it to words.js`);
  return pair[lang === "en" ? 1 : 0];
}

/** Whether there is a word for `key`; for codes that another part of puhui may add to. */
export function hasWord(key) {
  return key in WORDS;
}

/** The name in `lang` of something that came with `zh` and `en`. */
export function named(lang, thing) {
  return (lang === "en" ? thing.en || thing.zh : thing.zh || thing.en) ?? "";
}

/** A quarter as people write it: 2021年四季度, 2021Q4. */
export function quarterName(lang, quarter) {
  const parts = /^(\d{4})Q([1-4])$/.exec(quarter);
  if (!parts || lang === "en") return quarter;
  return `${parts[1]}年${"一二三四"[parts[2] - 1]}季度`;
}

/** "12 秒前变动", "moved 12 s ago". */
export function sinceText(lang, seconds) {
  const [amount, zh, en] =
    seconds < 90 ? [seconds, "秒", "s"]
      : seconds < 5400 ? [Math.round(seconds / 60), "分钟", "min"]
        : seconds < 129600 ? [Math.round(seconds / 3600), "小时", "h"]
          : [Math.round(seconds / 86400), "天", "d"];
  return lang === "en" ? `moved ${amount} ${en} ago` : `${amount} ${zh}前变动`;
}
