// What is supposed, as the text that puhui reads: a patch of the methodology and single values.

/**
 * @param {object} supposed
 * @param {Map<string, string>} supposed.weights indicator to percent, only those that differ
 * @param {Map<string, string>} supposed.cutOffs level to points, only those that differ
 * @param {{bank_id: string, column: string, value: string}[]} supposed.values
 */
export function suppositionText({ weights, cutOffs, values }) {
  const parts = [];
  const patch = (head, found) => {
    if (found.size) parts.push([`[methodology.${head}]`, ...[...found].map(([name, number]) => `${keyOf(name)} = ${number}`)].join("\n"));
  };
  patch("weights", weights);
  patch("cut_offs", cutOffs);
  for (const { bank_id: bank, column, value } of values) {
    if (!bank || !column || value === "") continue;
    parts.push(["[[values]]", `bank_id = ${textOf(bank)}`, `column = ${textOf(column)}`, valueLine(value)].join("\n"));
  }
  return parts.length ? `${parts.join("\n\n")}\n` : "";
}

function valueLine(value) {
  if (/^-?\d+(\.\d+)?$/.test(value)) return `value = ${value}`;
  if (["yes", "no", "是", "否"].includes(value)) return `yes = ${value === "yes" || value === "是"}`;
  return `choice = ${textOf(value)}`;
}

function keyOf(name) {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : textOf(name);
}

// A basic string of TOML has the escapes of JSON.
function textOf(text) {
  return JSON.stringify(text);
}
