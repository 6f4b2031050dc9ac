// The panel that makes this phone's network a bad one.

import { el, newId } from "./dom.js";

const SWITCHES = [
  ["duplicate", "Duplicate", "Everything this phone sends arrives twice."],
  ["reorder", "Reorder", "Messages overtake each other on their way."],
  ["repeat_init", "Repeat INIT", "A form asks for its first screen twice, as when it is closed and opened again."],
  ["close_midway", "Close midway", "A form closes while it waits for the answer to a tap."],
];
const DROPS = [
  ["none", "Nothing is lost"],
  ["requests", "Requests of forms are lost before they reach us"],
  ["answers", "Answers to forms are lost, though the work was done"],
  ["webhooks", "Messages are lost and delivered again later"],
];
const GOOD = { duplicate: false, delay_seconds: 0, reorder: false, drop: "none", repeat_init: false, close_midway: false };

export class NetworkPanel {
  /** `onChange` is told whether anything is bad; `onSay` a sentence when a switch was refused. */
  constructor(api, owner, { onChange, onSay }) {
    Object.assign(this, { _api: api, _onChange: onChange, _onSay: onSay, _inputs: {} });
    const rows = SWITCHES.map(([name, title, words]) => this._row(name, title, words, el("input", { type: "checkbox" }), (input) => input.checked));
    this.node = el("details", { class: "network" },
      el("summary", { "aria-label": `Bad network of ${owner}` }, "Bad network", (this._mark = el("span", { class: "mark", hidden: true, text: "on" }))),
      el("div", { class: "switches" }, rows, this._delay(), this._drop(), this._allGood()));
    this._load();
  }

  _row(name, title, words, input, read) {
    const more = el("span", { id: newId("more"), class: "switch-more", text: words });
    input.id = newId(name);
    input.setAttribute("aria-describedby", more.id);
    input.addEventListener("change", () => this._switch({ [name]: read(input) }));
    this._inputs[name] = input;
    return el("div", { class: "switch" }, input, el("label", { for: input.id, text: title }), more);
  }

  _delay() {
    const input = el("input", { type: "range", min: 0, max: 10, step: 1, value: "0" });
    const row = this._row("delay_seconds", "Delay", "Each way takes this many seconds longer. Forms give up after ten.", input, () => Number(input.value));
    const seconds = el("output", { for: input.id, text: "0 s" });
    this._showDelay = () => {
      seconds.textContent = `${input.value} s`;
      input.setAttribute("aria-valuetext", `${input.value} seconds`);
    };
    input.addEventListener("input", this._showDelay);
    row.classList.add("wide");
    row.append(seconds);
    return row;
  }

  _drop() {
    const input = el("select", {}, DROPS.map(([value, words]) => el("option", { value, text: words })));
    const row = this._row("drop", "Drop", "What gets lost on its way.", input, () => input.value);
    row.classList.add("wide");
    return row;
  }

  _allGood() {
    return el("button", { type: "button", class: "plain", text: "Good network again", on: { click: () => this._switch(GOOD) } });
  }

  async _load() {
    try {
      this._show(await this._api.network());
    } catch {
      this._show(GOOD);
    }
  }

  async _switch(changes) {
    try {
      await this._api.switchNetwork(changes);
    } catch (error) {
      this._onSay(error.message);
    }
    await this._load();
  }

  _show(network) {
    for (const [name, input] of Object.entries(this._inputs)) {
      if (input.type === "checkbox") input.checked = Boolean(network[name]);
      else input.value = String(network[name]);
    }
    this._showDelay();
    const isBad = Object.entries(GOOD).some(([name, good]) => network[name] !== good);
    this._mark.hidden = !isBad;
    this._onChange(isBad);
  }
}
