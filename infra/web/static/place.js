// Where the reader is. All of it is in the address, so that a page can be sent to a colleague;
// a part that is left out means "the newest" or the usual.

export const VIEWS = ["overview", "institutions", "grades", "grade", "compare", "what_if", "apply", "methodologies",
  "desk", "attention", "coverage", "method"];
// Views that belong to the task of grading, in the order of their tabs.
export const GRADING_VIEWS = ["grades", "compare", "what_if", "apply", "methodologies", "desk"];
const PARTS = ["lang", "quarter", "population", "basis", "bank", "figure", "sort", "run", "other", "methodology",
  "against", "node"];
const USUAL = { lang: "zh", population: "inclusive", basis: "ytd" };

/** The place an address stands for. */
export function readPlace(location) {
  const given = new URLSearchParams(location.search);
  const view = location.pathname.slice(1);
  const place = { view: VIEWS.includes(view) ? view : "overview" };
  for (const part of PARTS) place[part] = given.get(part) ?? USUAL[part] ?? "";
  if (place.lang !== "en") place.lang = "zh";
  return place;
}

/** The address of `place` with `changes`; "" takes a part out. */
export function addressOf(place, changes = {}) {
  const next = { ...place, ...changes };
  const query = new URLSearchParams();
  for (const part of PARTS) if (next[part] && next[part] !== USUAL[part]) query.set(part, next[part]);
  const text = query.toString();
  return `/${next.view}${text ? `?${text}` : ""}`;
}

/** What a place of the gradings says of nothing but its quarter: for a link that leaves a run behind. */
export const NO_RUN = { run: "", other: "", methodology: "", against: "", node: "" };

/** The query of a reading route for `place`. */
export function apiAddress(route, place, more = {}) {
  const query = new URLSearchParams();
  for (const part of ["quarter", "population", "basis"]) if (place[part]) query.set(part, place[part]);
  for (const [name, text] of Object.entries(more)) if (text) query.set(name, text);
  return `/api/${route}?${query}`;
}
