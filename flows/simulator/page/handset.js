// One phone in its frame, with the wallet and the network panel beside it.

import { PhoneApi } from "./api.js";
import { Chat } from "./chat.js";
import { button, el, icon } from "./dom.js";
import { Flow } from "./flow.js";
import { NetworkPanel } from "./network.js";
import { Wallet, money } from "./wallet.js";

const SNACK_MS = 9000;

export class Handset {
  /** `onChosen` is told when a person turns to this phone, `onPutAway` when it is closed, `onLost` when the simulator forgot it. */
  constructor({ number, name }, { onChosen, onPutAway, onLost }) {
    Object.assign(this, { number, name, _onLost: onLost });
    this._api = new PhoneApi(number);
    this._screen = el("div", { class: "screen" });
    this._snack = el("div", { class: "snack", role: "status", "aria-live": "polite" });
    this._bad = el("span", { class: "bad", hidden: true, text: "bad network" });
    this._notice = button({ class: "notice", hidden: true, on: { click: () => this._toWallet() } });
    const say = (words) => this.say(words);
    this._chat = new Chat(this._api, this._screen, {
      onFlow: (item) => this._openFlow(item), onSay: say, onNews: (chat) => this._news(chat), onLost: () => this._onLost(this),
    });
    this._wallet = new Wallet(this._api, name, number, { onSay: say, onWaiting: (prompts) => this._asked(prompts) });
    this._network = new NetworkPanel(this._api, name, { onSay: say, onChange: (isBad) => (this._bad.hidden = !isBad) });
    this._draw(onPutAway);
    this.node.addEventListener("pointerdown", () => onChosen(this));
    this.node.addEventListener("focusin", () => onChosen(this));
  }

  _draw(onPutAway) {
    const close = button({ class: "round small", "aria-label": `Put away the phone of ${this.name}`, on: { click: () => onPutAway(this) } }, icon("close"));
    const bar = el("header", { class: "phone-bar" },
      el("span", { class: "owner", dir: "auto", text: this.name }), el("span", { class: "number", text: local(this.number) }),
      this._bad, el("span", { class: "simulated", text: "simulator" }), close);
    this._screen.append(this._chat.node, this._snack);
    this.node = el("article", { class: "handset", "aria-label": `Phone of ${this.name}`, "data-number": this.number },
      el("div", { class: "phone" }, bar, this._notice, this._screen),
      el("aside", { class: "beside", "aria-label": `Beside the phone of ${this.name}` }, this._wallet.node, this._network.node));
  }

  start() {
    this._chat.start();
    this._wallet.start();
  }

  stop() {
    this._chat.stop();
    this._wallet.stop();
    this.node.remove();
  }

  /** Whether this is the phone at hand; what comes in there is read. */
  choose(isChosen) {
    this._isChosen = isChosen;
    this._chat.follow(isChosen);
    this.node.classList.toggle("chosen", isChosen);
    if (isChosen) this._read();
  }

  /** A sentence over the chat, for a while. */
  say(words) {
    clearTimeout(this._snackTimer);
    this._snack.textContent = words;
    this._snackTimer = setTimeout(() => (this._snack.textContent = ""), SNACK_MS);
  }

  _news(chat) {
    this._business = chat.business.name;
    this._unread = chat.items.some((item) => item.from === "business" && !["read", "failed"].includes(item.status));
    if (this._isChosen) this._read();
  }

  async _read() {
    if (!this._unread || document.hidden) return;
    this._unread = false;
    await this._api.read().catch(() => {});
  }

  _openFlow(item) {
    if (this._flow) return;
    const onClosed = () => (this._flow = null);
    this._flow = new Flow(this._api, this._screen, item, { business: this._business ?? "the business", onSay: (words) => this.say(words), onClosed });
    this._flow.open();
  }

  // --- The wallet -----------------------------------------------------------------------------------
  _asked(prompts) {
    this._notice.hidden = !prompts.length;
    if (prompts.length) this._notice.textContent = `${prompts[0].wallet}: ${money(prompts[0].amount)}. Show the wallet.`;
  }

  _toWallet() {
    this._wallet.node.scrollIntoView({ block: "nearest", behavior: isCalm() ? "auto" : "smooth" });
    (this._wallet.node.querySelector(".answer") ?? this._wallet.node).focus({ preventScroll: true });
  }
}

const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** 263771234567 as people in Zimbabwe write it; others with a plus. */
export function local(number) {
  const found = /^263(\d\d)(\d{3})(\d{4})$/.exec(number);
  return found ? `0${found[1]} ${found[2]} ${found[3]}` : `+${number}`;
}
