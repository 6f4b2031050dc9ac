// The wallet on the customer's handset: requests to pay as they would appear there, and the owner's answer.

import { button, el } from "./dom.js";

const EVERY_MS = 1500;
const MOST_PAST = 5;
const PAST = { approved: "Approved", declined: "Not paid", ignored: "Ignored", insufficient: "Not enough money" };
const ANSWERS = {
  pin: [["approve", "Approve"], ["decline", "Decline"], ["insufficient", "Not enough money"], ["ignore", "Ignore"]],
  code: [["approve", "Approve this code"], ["decline", "Decline"], ["insufficient", "Not enough money"], ["ignore", "Ignore"]],
  otp: [["decline", "Decline"], ["insufficient", "Not enough money"], ["ignore", "Ignore"]],
};

export class Wallet {
  /** `onSay` is told a sentence when an answer was refused; `onWaiting` the requests that wait for an answer. */
  constructor(api, owner, number, { onSay, onWaiting }) {
    Object.assign(this, { _api: api, _number: number, _onSay: onSay, _onWaiting: onWaiting, _shown: "" });
    this._live = el("div", { class: "prompts", "aria-live": "polite" });
    this._past = el("ul", { class: "past" });
    this.node = el("section", { class: "wallet", tabindex: "-1", "aria-label": `Wallet of ${owner}` },
      el("h3", { text: "Wallet" }), this._live, this._past);
    this._fill([]);
  }

  async start() {
    while (!this._isStopped) {
      if (!document.hidden) await this._look();
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }

  stop() {
    this._isStopped = true;
  }

  async _look() {
    try {
      this._fill((await this._api.prompts()).prompts);
    } catch {
      // Paynow's simulator may come later; the next look tells.
    }
  }

  _fill(prompts) {
    const content = JSON.stringify(prompts);
    if (content === this._shown) return;
    this._shown = content;
    const waiting = prompts.filter((prompt) => isOpen(prompt));
    const past = prompts.filter((prompt) => !isOpen(prompt)).slice(0, MOST_PAST);
    this._live.replaceChildren(...(waiting.length ? waiting.map((prompt) => this._prompt(prompt)) : [this._quiet()]));
    this._past.replaceChildren(...past.map((prompt) => el("li", { text: `${PAST[prompt.state] ?? prompt.state} · ${money(prompt.amount)} · ${prompt.wallet}` })));
    this._onWaiting(waiting);
  }

  _quiet() {
    return el("p", { class: "quiet", text: "Requests to pay from this handset appear here. The phone’s owner answers them." });
  }

  _prompt(prompt) {
    const buttons = (ANSWERS[prompt.kind] ?? ANSWERS.pin).map(([answer, words]) =>
      button({ class: `answer ${answer}`, text: words, on: { click: () => this._answer(prompt, answer, node) } }));
    const node = el("div", { class: `prompt prompt-${prompt.kind}`, role: "group", "aria-label": `${prompt.wallet} request`, "data-testid": "prompt" },
      el("p", { class: "prompt-wallet" }, el("strong", { text: prompt.wallet }), el("span", { text: KIND_NAMES[prompt.kind] ?? "" })),
      this._words(prompt),
      prompt.number && prompt.number !== this._number ? el("p", { class: "prompt-note", text: `On the handset of +${prompt.number}` }) : null,
      prompt.decides_itself ? el("p", { class: "prompt-note", text: "This is a test number: it answers by itself after a moment." }) : null,
      el("div", { class: "answers" }, buttons));
    return node;
  }

  _words(prompt) {
    const [amount, to] = [money(prompt.amount), prompt.merchant || "the business"];
    if (prompt.kind === "otp") {
      const code = el("strong", { class: "code", text: prompt.code });
      return el("p", { class: "sms" }, "Your code to pay ", el("b", { text: amount }), ` to ${to} is `, code, ". Type it in the form or in the chat.");
    }
    if (prompt.kind === "code") {
      return el("p", { class: "ussd" }, `Pay ${amount} to ${to} with code `, el("strong", { class: "code", text: prompt.code }), "?");
    }
    return el("p", { class: "ussd" }, `Pay ${amount} to ${to}?`, el("br"), "1 Approve, with your PIN", el("br"), "2 Decline");
  }

  async _answer(prompt, answer, node) {
    node.querySelectorAll("button").forEach((each) => (each.disabled = true));
    const hadFocus = node.contains(document.activeElement) || document.activeElement === document.body;
    try {
      await this._api.answerPrompt(prompt.reference, answer);
    } catch (error) {
      this._onSay(error.message);
    }
    this._shown = "";
    await this._look();
    if (hadFocus) this.node.focus({ preventScroll: true });
  }
}

const KIND_NAMES = { pin: "Message on the handset", code: "In the wallet’s app", otp: "SMS" };

/** Ours are open, waiting or pending; everything else is over. */
function isOpen(prompt) {
  return ["open", "waiting", "pending"].includes(prompt.state);
}

/** `USD 115.50` as the customer reads it. */
export function money(amount) {
  const [, currency, sum] = /^([A-Z]{3}) (.+)$/.exec(amount) ?? [];
  return { USD: `US$ ${sum}`, ZWG: `ZiG ${sum}` }[currency] ?? amount;
}
