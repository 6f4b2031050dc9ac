// The calls to the simulator, all on the page's own origin.

const ROOT = "/phone/api/";
const TIMEOUT_MS = 45000; // longer than a question that waits 25 seconds for news

/** The simulator says no, or cannot be reached; the message is a sentence for the person at the page. */
export class Refused extends Error {
  constructor(sentence, status = 0) {
    super(sentence);
    this.status = status;
  }
}

export const phones = () => ask("GET", "phones");
export const addPhone = (number, name) => ask("POST", "phones", { number, name });
export const flowStep = (session, step) => ask("POST", `flows/${encodeURIComponent(session)}`, step);

/** The calls of one phone. */
export class PhoneApi {
  constructor(number) {
    this._root = `phones/${encodeURIComponent(number)}/`;
  }

  /** The chat as it is; with `after`, as soon as it is another one than that version. */
  chat(after, signal) {
    return ask("GET", `${this._root}chat${after === undefined ? "" : `?after=${after}`}`, undefined, signal);
  }

  send(message) {
    return ask("POST", `${this._root}messages`, message);
  }

  read() {
    return ask("POST", `${this._root}read`, {});
  }

  openFlow(message) {
    return ask("POST", `${this._root}flows`, { message });
  }

  prompts() {
    return ask("GET", `${this._root}prompts`);
  }

  answerPrompt(reference, answer) {
    return ask("POST", `${this._root}prompts/${encodeURIComponent(reference)}`, { answer });
  }

  network() {
    return ask("GET", `${this._root}network`);
  }

  switchNetwork(network) {
    return ask("POST", `${this._root}network`, network);
  }
}

async function ask(method, path, body, signal) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), TIMEOUT_MS);
  const stop = () => limit.abort();
  signal?.addEventListener("abort", stop);
  try {
    const answer = await fetch(ROOT + path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: limit.signal,
      cache: "no-store",
    });
    return await read(answer);
  } catch (error) {
    if (error instanceof Refused || signal?.aborted) throw error;
    throw new Refused("The simulator does not answer. Is it still running?");
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

async function read(answer) {
  const text = await answer.text();
  let content = {};
  try {
    content = text ? JSON.parse(text) : {};
  } catch {
    throw new Refused(`The simulator answered with something unreadable (HTTP ${answer.status}).`, answer.status);
  }
  if (!answer.ok) throw new Refused(content.error || `The simulator answered with HTTP ${answer.status}.`, answer.status);
  return content;
}
