// Asking the server. A failed answer becomes an error that carries its words in both languages.

/** What the server, or the lack of one, said. */
export class AnswerError extends Error {
  constructor({ code, zh, en }) {
    super(en);
    Object.assign(this, { code, zh, en });
  }
}

// Fen above 2^53 would lose digits as numbers: money is kept as text and scaled as BigInt.
const MONEY = /("\w+_minor":)(-?\d+)/g;

/** GET JSON; money comes as text. */
export async function read(address, signal) {
  const text = await readText(address, signal);
  return JSON.parse(text.replace(MONEY, '$1"$2"'));
}

/** Ask a verb that only reads. */
export async function ask(verb, body, signal) {
  return post(`/api/read/${verb}`, body, {}, signal);
}

/** Ask a verb that is written down with who asked: `token` is that person's. */
export async function act(verb, body, token) {
  return post(`/api/act/${verb}`, body, { authorization: `Bearer ${token}` });
}

async function post(address, body, headers, signal) {
  const text = await readText(address, signal, {
    method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });
  return JSON.parse(text.replace(MONEY, '$1"$2"'));
}

/** GET text, or what `options` ask for. */
export async function readText(address, signal, options = {}) {
  let response;
  try {
    response = await fetch(address, { signal, cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new AnswerError({ code: "unreachable", zh: "无法连接服务", en: "the server cannot be reached" });
  }
  const text = await response.text();
  if (!response.ok) throw new AnswerError(problemOf(text, response.status));
  return text;
}

function problemOf(text, httpStatus) {
  try {
    return JSON.parse(text);
  } catch {
    return { code: "http", zh: `服务返回 ${httpStatus}`, en: `the server answered ${httpStatus}` };
  }
}

/** POST a command of the demo, with the token that this page was given for it. */
export async function command(verb, body = {}) {
  const token = document.querySelector('meta[name="puhui-page-token"]').content;
  const response = await fetch(`/api/demo/${verb}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new AnswerError(problemOf(text, response.status));
  return JSON.parse(text);
}

/** Whether this server lets the page steer a demo. */
export function hasDemo() {
  return document.querySelector('meta[name="puhui-page-token"]').content !== "";
}
