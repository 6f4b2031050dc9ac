// The chat of one phone: what was said, kept fresh by asking again and again, and what the customer does there.

import { bubble, stamp } from "./bubbles.js";
import { Composer } from "./composer.js";
import { button, el, icon, settle } from "./dom.js";
import { contentOf } from "./files.js";
import { Sheet, optionSheet } from "./sheet.js";

const PAUSE_AFTER_FAILURE_MS = 2000;
const PAUSE_IN_BACKGROUND_MS = 2500;
const TYPING_MS = 8000;
const NEAR_END_PX = 80;

export class Chat {
  /**
   * `host` is the phone's screen. `onFlow` is told the item whose Flow is to open, `onSay` a sentence for the snackbar, `onNews`
   * the chat whenever it changed, `onLost` that the simulator no longer knows this phone.
   */
  constructor(api, host, acts) {
    this._api = api;
    this._host = host;
    this._acts = acts;
    this._nodes = new Map();
    this._items = [];
    this._stopping = new AbortController();
    this._isFollowed = true; // the phone at hand waits for news on an open line; the others ask now and then
    this._draw();
  }

  _draw() {
    this._name = el("h2", { class: "business", dir: "auto", text: "…" });
    this._state = el("p", { class: "presence", text: "connecting…" });
    this._avatar = el("span", { class: "avatar", "aria-hidden": "true" });
    this._log = el("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": "Messages" });
    this._hint = this._firstHint();
    this._typing = el("p", { class: "typing", hidden: true, "aria-label": "The business is typing" }, el("i"), el("i"), el("i"));
    this._scroll = el("div", { class: "talk", tabindex: "0", "aria-label": "Chat", role: "group" }, this._hint, this._log, this._typing);
    this._newest = button({ class: "newest", hidden: true, on: { click: () => this._toEnd() } }, icon("down"), "New messages");
    this._scroll.addEventListener("scroll", () => this._scrolled());
    this._log.addEventListener("load", () => this._followsEnd && this._toEnd(), true); // a picture takes its room only now
    this._composer = new Composer({
      onText: (words) => this.say(words),
      onMedia: (kind) => this._send({ type: "media", kind }),
      onFile: (kind, file, caption) => this._sendFile(kind, file, caption),
    });
    const header = el("header", { class: "chat-bar" }, this._avatar, el("div", { class: "chat-who" }, this._name, this._state));
    this.node = el("section", { class: "chat", "aria-label": "Chat with the business" }, header, this._scroll, this._newest, this._composer.node);
  }

  _firstHint() {
    return el("div", { class: "hint", hidden: true },
      el("p", { text: "You are the customer. Say “Hi” and book a trip." }),
      button({ class: "suggestion", text: "Hi", on: { click: () => this.say("Hi") } }));
  }

  // --- Keeping fresh ------------------------------------------------------------------------------
  /** Ask for news until `stop`. */
  async start() {
    let version;
    while (!this._stopping.signal.aborted) {
      try {
        const isWaiting = this._isFollowed && version !== undefined && !document.hidden;
        this._line = new AbortController();
        const chat = await this._api.chat(isWaiting ? version : undefined, this._line.signal);
        if (chat.version !== version) this._show(chat);
        version = chat.version;
        if (!isWaiting && !this._isFollowed) await this._pause(PAUSE_IN_BACKGROUND_MS);
        else if (document.hidden) await this._pause(PAUSE_IN_BACKGROUND_MS);
      } catch (error) {
        version = undefined;
        if (this._stopping.signal.aborted) return;
        await this._afterFailure(error);
      }
    }
  }

  stop() {
    this._stopping.abort();
    this._line?.abort();
    this._wake?.();
  }

  /** Whether this is the phone at hand: a browser has few lines to one server, so only this one is kept open. */
  follow(isFollowed) {
    if (isFollowed === this._isFollowed) return;
    this._isFollowed = isFollowed;
    if (isFollowed) this._wake?.();
    else this._line?.abort();
  }

  async _afterFailure(error) {
    if (error.name === "AbortError") return;
    this._state.textContent = "connecting…";
    if (error.status === 404) await this._acts.onLost();
    await this._pause(PAUSE_AFTER_FAILURE_MS);
  }

  _pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this._wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  _show(chat) {
    const known = new Set(this._items.map((item) => item.id));
    const isFirst = this._nodes.size === 0;
    const wasAtEnd = this._isAtEnd() || isFirst || this._isSending;
    this._isSending = false;
    this._items = chat.items;
    this._name.textContent = chat.business.name;
    this._avatar.textContent = initials(chat.business.name);
    this._state.textContent = "business account · simulated";
    const fresh = chat.items.filter((item) => item.from === "business" && !known.has(item.id));
    if (fresh.length) this._setTyping(false);
    this._redraw();
    if (wasAtEnd) this._toEnd();
    else if (fresh.length) this._newest.hidden = false;
    this._acts.onNews(chat);
  }

  _redraw() {
    const byId = new Map(this._items.map((item) => [item.id, item]));
    const wanted = [];
    let day = "";
    for (const item of this._items) {
      const today = dayWords(item.at);
      if (today !== day) wanted.push(this._node(`day ${today}`, today, () => el("p", { class: "day", text: today })));
      day = today;
      const quoted = item.kind === "reply" || item.kind === "flow_reply" ? byId.get(item.answers) : null;
      wanted.push(this._bubble(item, quoted));
    }
    settle(this._log, wanted);
    const isEmpty = wanted.length === 0;
    this._hint.hidden = !isEmpty;
    this._composer.hint = isEmpty ? "Say “Hi”" : "Message";
  }

  /** A bubble stays the same node when only its ticks change, so that nothing is read out twice and focus stays. */
  _bubble(item, quoted) {
    const { status, ...content } = item;
    const node = this._node(item.id, JSON.stringify(content), () => bubble(item, this._taps(), quoted));
    if (node.dataset.status !== status) node.querySelector(".stamp").replaceWith(stamp(item));
    node.dataset.status = status;
    return node;
  }

  _node(id, content, make) {
    const kept = this._nodes.get(id);
    if (kept?.content === content) return kept.node;
    const node = make();
    this._nodes.set(id, { content, node });
    return node;
  }

  // --- What the customer does ---------------------------------------------------------------------
  /** Write these words to the business. */
  say(words) {
    this._send({ type: "text", text: words });
    this._composer.focus();
  }

  async _sendFile(kind, file, caption) {
    try {
      await this._send({ type: "file", kind, caption, ...(file ? await contentOf(file) : {}) });
    } catch (error) {
      this._acts.onSay(error.message);
    }
  }

  _taps() {
    return {
      choose: (item, choice) => this._tap(item, choice),
      openList: (item) => optionSheet(this._host, { title: item.button, sections: item.sections, onChoose: (row) => this._tap(item, row) }),
      openFlow: (item) => this._acts.onFlow(item),
      openSummary: (item) => this._summary(item),
    };
  }

  /** One tap, one message: the same again counts only when the first has been taken. */
  async _tap(item, choice) {
    const name = `${item.id} ${choice.id}`;
    if (this._tapping === name) return;
    this._tapping = name;
    await this._send({ type: "tap", message: item.id, choice: choice.id });
    this._tapping = null;
  }

  async _send(message) {
    this._isSending = true; // whatever comes next is followed to the end
    this._setTyping(true);
    try {
      await this._api.send(message);
    } catch (error) {
      this._setTyping(false);
      this._acts.onSay(error.message);
    }
  }

  _summary(item) {
    const sheet = new Sheet(this._host, { title: "What was sent" }).withClose();
    const rows = item.summary.map(([label, value]) => [el("dt", { dir: "auto", text: label }), el("dd", { dir: "auto", text: value })]);
    sheet.body.append(el("dl", { class: "summary" }, rows.flat()));
    sheet.open();
  }

  // --- Looks --------------------------------------------------------------------------------------
  _setTyping(isTyping) {
    clearTimeout(this._typingTimer);
    this._typing.hidden = !isTyping;
    if (isTyping) this._typingTimer = setTimeout(() => this._setTyping(false), TYPING_MS);
  }

  _scrolled() {
    this._followsEnd = this._isAtEnd();
    if (this._followsEnd) this._newest.hidden = true;
  }

  _isAtEnd() {
    return this._scroll.scrollHeight - this._scroll.scrollTop - this._scroll.clientHeight < NEAR_END_PX;
  }

  _toEnd() {
    this._scroll.scrollTop = this._scroll.scrollHeight;
    this._followsEnd = true;
    this._newest.hidden = true;
  }
}

export function initials(name) {
  return name.split(/\s+/).filter(Boolean).slice(0, 2).map((word) => [...word][0].toUpperCase()).join("") || "?";
}

function dayWords(at) {
  const day = new Date(at);
  if (Number.isNaN(day.getTime())) return "Today";
  if (day.toDateString() === new Date().toDateString()) return "Today";
  return day.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}
