// How a figure is written. Ratios and rates arrive as text that the server rounded from exact
// integers; only money, whole fen, is scaled here, in whole numbers.

const MINUS = "\u2212";

/** Put thousands separators into a number written with digits; keep its decimals. */
export function grouped(text) {
  const [, sign, whole, rest] = /^([-\u2212+]?)(\d+)(.*)$/.exec(String(text)) ?? [];
  if (whole === undefined) return String(text);
  return sign.replace("-", MINUS) + whole.replace(/\B(?=(\d{3})+$)/g, ",") + rest;
}

/** A printed figure with a real minus sign, and a plus where `isSigned` and it rose. */
export function figure(text, isSigned = false) {
  const written = grouped(text);
  return isSigned && /^\d/.test(written) && /[1-9]/.test(written) ? `+${written}` : written;
}

/** A change, with the direction as a shape as well as a sign. */
export function change(text) {
  const written = figure(text, true);
  if (written.startsWith("+")) return `▲ ${written}`;
  return written.startsWith(MINUS) ? `▼ ${written}` : written;
}

/**
 * Divide a whole number by a power of ten, rounding half up in size, exactly.
 * @param {bigint|number|string} minor
 * @param {number} zeros how many digits the unit takes away
 * @param {number} decimals how many of them to show
 */
export function scaled(minor, zeros, decimals) {
  const value = BigInt(minor);
  const size = value < 0n ? -value : value;
  const step = 10n ** BigInt(zeros - decimals);
  const rounded = (size * 2n + step) / (step * 2n);
  const digits = String(rounded).padStart(decimals + 1, "0");
  const cut = digits.length - decimals;
  const sign = value < 0n && rounded > 0n ? "-" : "";
  return grouped(sign + digits.slice(0, cut) + (decimals ? `.${digits.slice(cut)}` : ""));
}

/** Fen as 亿元, one decimal. */
export function yi(minor) {
  return scaled(minor, 10, 1);
}

/** Fen as 元 to the fen: what must visibly add up. */
export function yuan(minor) {
  return scaled(minor, 2, 2);
}

/** A sentence with real minus signs before its figures. */
export function realMinus(sentence) {
  return sentence.replace(/(^|[^\p{L}\p{N}])-(?=\d)/gu, `$1${MINUS}`).replace(/(?<=\p{Script=Han})-(?=\d)/gu, MINUS);
}

/** A date and time of day as 2021-12-31 09:05:07. */
export function moment(ms) {
  const at = new Date(ms);
  const two = (n) => String(n).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
