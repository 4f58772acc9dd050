// Distinct borrowers: counted by the server beside the live figures, so they come later than the
// rest and may be of an older version; then the page says of which.

import { read } from "./api.js";
import { figure } from "./format.js";
import { paced } from "./paced.js";
import { apiAddress } from "./place.js";
import { word } from "./words.js";

const GAP_MS = 5_000;
const ASK_AGAIN_MS = 1_000;

/**
 * Distinct counts of one place.
 * @param {() => void} onChange called when there is more to show
 * @param {() => boolean} isShown whether anybody still looks
 */
export function makeDistinct(place, { onChange, isShown }) {
  const lang = place.lang;
  let answer = { state: "counting", data_version: 0, rows: [] };
  let counts = new Map();
  const ask = paced(async () => {
    do {
      answer = await read(apiAddress("distinct", place));
      counts = new Map(answer.rows.map((row) => [row.bank_id, row.distinct_borrower_count]));
      onChange();
      if (answer.state !== "counting") return;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    } while (isShown());
  }, GAP_MS);
  /** A bank's or aggregate's count, undefined where there is none. */
  const countOf = (row) => counts.get(row.bank_id);
  /** What stands where there is no count. */
  const missing = () => word(lang, answer.state === "counting" && !answer.data_version ? "counting" : "not_counted");
  /** Of which version the counts are, where that is not the newest. */
  const note = () => (answer.state === "counting" && answer.data_version
    ? `${word(lang, "distinct")}: ${word(lang, "data_version")} ${figure(answer.data_version)}, ${word(lang, "counting")}` : "");
  return { ask, countOf, missing, note };
}
