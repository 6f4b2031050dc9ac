// A Flow open on a phone: which screen stands there, what was typed, what a tap does, and what comes back from the endpoint.

import { flowStep } from "./api.js";
import { button, el, icon, settle } from "./dom.js";
import { draw } from "./components.js";
import { Values, filled, filledIn, rendered, INPUTS } from "./rendering.js";
import { retryDialog } from "./retry.js";
import { Sheet, optionSheet } from "./sheet.js";
import { problemWith, stillOffered } from "./validation.js";

const SNACKBAR_MS = 12000;

export class Flow {
  /** `onSay` is told a sentence for the chat's snackbar, `onClosed` that the Flow is gone. */
  constructor(api, host, item, { business, onSay, onClosed }) {
    Object.assign(this, { _api: api, _host: host, _item: item, _onSay: onSay, _onClosed: onClosed });
    this._stack = [];
    this._seen = {};
    this._now = null;
    this._isBusy = false;
    this._isOpen = true;
    this._sheet = new Sheet(host, { title: "Loading", kind: "full", onEscape: () => this.close() });
    this._draw(business);
  }

  _draw(business) {
    this._leave = button({ class: "round", on: { click: () => this._back() } });
    this._sheet.bar.prepend(this._leave);
    this._sheet.bar.append(button({ class: "round", "aria-label": "More", on: { click: () => this._more() } }, icon("more")));
    this._fields = el("fieldset", { class: "flow-fields", "aria-labelledby": this._sheet.title.id });
    this._footer = el("div", { class: "flow-footer" });
    this._snack = el("div", { class: "flow-snack", role: "status", "aria-live": "polite" });
    this._wait = el("p", { class: "flow-wait", role: "status" }, el("span", { class: "spinner", "aria-hidden": "true" }), "Loading");
    this._managed = el("p", { class: "flow-managed", text: `Managed by ${business}` });
    this._sheet.body.append(this._wait, this._fields);
    this._sheet.panel.append(this._snack, this._footer, this._managed);
    this._sheet.node.dataset.testid = "flow";
    this._sheet.node.addEventListener("pointerdown", () => this._press());
    this._drawBar();
  }

  // --- Asking -------------------------------------------------------------------------------------
  /** Show the sheet and ask for the first screen. */
  open() {
    this._sheet.open();
    return this._ask(async () => {
      const opened = this._session ? await flowStep(this._session, { do: "init_again" }) : await this._api.openFlow(this._item.id);
      this._session = opened.session ?? this._session;
      this._flow = opened.flow ?? this._flow;
      return opened.shown;
    });
  }

  /** Leave without sending anything. */
  async close() {
    if (!this._isOpen) return;
    this._end();
    if (this._session) await flowStep(this._session, { do: "close" }).catch(() => {});
  }

  _end(says = "") {
    this._isOpen = false;
    this._sheet.close();
    this._onClosed();
    if (says) this._onSay(says);
  }

  /** One question at a time: what is tapped while one is on its way does nothing. */
  async _ask(question) {
    if (this._isBusy || !this._isOpen) return;
    this._setBusy(true);
    try {
      const shown = await question();
      this._setBusy(false);
      if (this._isOpen) this._take(shown, question);
      else if (this._session && !shown.closed) await flowStep(this._session, { do: "close" }).catch(() => {});
    } catch (error) {
      this._setBusy(false);
      if (this._isOpen && !this._session) this._end(error.message);
      else if (this._isOpen) this._wentWrong(question, { message: error.message, problems: [] });
    }
  }

  _take(shown, question) {
    if (shown.status === 427) this._end(shown.snackbar || shown.message || "This message is no longer available.");
    else if (shown.failure) this._wentWrong(question, shown);
    else if (shown.closed) this._end(shown.snackbar || shown.message);
    else this._show(shown.screen, shown.data ?? {}, shown.snackbar);
  }

  _submit(payload) {
    const screen = this._now.id;
    return this._ask(async () => (await flowStep(this._session, { do: "submit", screen, payload })).shown);
  }

  // --- Screens ------------------------------------------------------------------------------------
  _show(id, data, snackbar = "") {
    const definition = this._flow.screens.find((screen) => screen.id === id);
    if (!definition) return this._wentWrong(() => this.open(), { problems: [`There is no screen ${id}.`] });
    const isSame = this._now?.id === id;
    const place = this._stack.findIndex((screen) => screen.id === id);
    const typed = isSame ? this._now.form : (this._stack[place]?.form ?? {});
    if (!isSame && place >= 0) this._stack.length = place; // an earlier screen again: what came after it is gone
    else if (!isSame && this._now) this._stack.push(this._now);
    this._now = { id, definition, data, form: {}, edited: new Set(), left: new Set() };
    this._now.form = { ...typed, ...filledIn(definition, this._values(data, {})) };
    this._stand();
    this._say(snackbar);
    return this._sheet.focus(isSame ? (this._fields.querySelector("[aria-invalid]") ?? this._footer.querySelector("button:enabled")) : null);
  }

  /** Draw the screen that is on top, from nothing. */
  _stand() {
    this._seen[this._now.id] = this._now;
    this._drawn = new Map();
    this._fields.replaceChildren();
    this._footer.replaceChildren();
    this._refresh();
    this._drawBar();
    this._sheet.body.scrollTop = 0;
  }

  _values(data = this._now.data, form = this._now.form) {
    const others = Object.fromEntries(Object.entries(this._seen).filter(([id]) => id !== this._now?.id));
    return new Values({ data, form, others });
  }

  /** Draw what changed: a component that is the same as before stays as it is, with what is typed in it and its focus. */
  _refresh() {
    const places = this._settledPlaces();
    const nodes = places.map(({ component, path }) => {
      const content = JSON.stringify(component);
      const kept = this._drawn.get(path);
      if (kept?.content === content) return kept;
      const drawn = { content, component, ...draw(component, this._context(component)) };
      this._drawn.set(path, drawn);
      return drawn;
    });
    this._places = nodes;
    settle(this._fields, nodes.filter(({ component }) => component.type !== "Footer").map(({ node }) => node));
    settle(this._footer, nodes.filter(({ component }) => component.type === "Footer").map(({ node }) => node));
    this._judge();
  }

  /** What is shown, after inputs that have just appeared got their first value and choices that are gone were dropped. */
  _settledPlaces() {
    const { form, definition } = this._now;
    for (const { component } of rendered(definition, this._values())) {
      const { name } = component;
      if (!INPUTS.has(component.type) || !name) continue;
      if (!(name in form) && "init-value" in component) form[name] = component["init-value"];
      const offered = stillOffered(component, form[name]);
      if (offered === undefined) delete form[name];
      else form[name] = offered;
    }
    return rendered(definition, this._values()).map(({ component, path }) => ({ component: this._withAddress(component), path }));
  }

  /** Actions stay unfilled until they are tapped, but where a link leads must be known when it is drawn. */
  _withAddress(component) {
    const action = component["on-click-action"];
    if (action?.name !== "open_url") return component;
    return { ...component, "on-click-action": { ...action, url: filled(action.url, this._values()) } };
  }

  /** Errors at the fields that were left or refused, and whether the button may be tapped. */
  _judge() {
    const { form, edited, left } = this._now;
    let isReady = true;
    for (const { component, setError } of this._places) {
      if (!INPUTS.has(component.type)) continue;
      const { name } = component;
      const problem = component.enabled === false ? "" : problemWith(component, form[name]);
      const refused = edited.has(name) ? "" : component["error-message"];
      isReady &&= !problem;
      setError?.((left.has(name) && problem ? worded(component, problem) : "") || (typeof refused === "string" ? refused : ""));
    }
    const footer = this._places.find(({ component }) => component.type === "Footer");
    footer?.setReady(isReady && footer.component.enabled !== false && !this._isBusy, this._isBusy);
  }

  // --- What the customer does ---------------------------------------------------------------------
  _context(component) {
    return {
      host: this._host,
      value: this._now.form[component.name],
      change: (value, option = null, isChosen = true) => this._change(component, value, option, isChosen),
      leave: () => this._left(component.name),
      act: (action) => this._act(action),
      say: (words) => this._say(words),
      openOptions: (options) => optionSheet(this._host, options),
    };
  }

  _change(component, value, option, isChosen) {
    const { form, edited } = this._now;
    if (value === undefined) delete form[component.name];
    else form[component.name] = value;
    edited.add(component.name);
    const kind = isChosen ? "on-select-action" : "on-unselect-action";
    const action = option?.[kind] ?? component[kind];
    this._refresh();
    if (action) this._act(action);
  }

  _left(name) {
    if (!(name in this._now.form) && !this._now.edited.has(name)) return; // looked at, nothing typed: no reproach yet
    this._now.left.add(name);
    if (this._isPressed) return; // an error that appears now would move what the finger is on
    this._judge();
  }

  _press() {
    this._isPressed = true;
    const lift = () => setTimeout(() => {
      this._isPressed = false;
      if (this._now) this._judge();
    });
    addEventListener("pointerup", lift, { once: true });
    addEventListener("pointercancel", lift, { once: true });
  }

  _act(action) {
    if (this._isBusy) return;
    this._say("");
    const payload = filled(action.payload ?? {}, this._values()) ?? {};
    const now = this._now;
    if (action.name === "data_exchange") this._submit(payload);
    else if (action.name === "navigate") this._navigate(action.next?.name, payload);
    else if (action.name === "update_data") this._update(payload);
    else if (action.name === "complete") this._ask(async () => (await flowStep(this._session, { do: "complete", screen: now.id, payload })).shown);
  }

  _navigate(target, payload) {
    const routes = this._flow.routing_model;
    if (routes && !(routes[this._now.id] ?? []).includes(target)) {
      this._wentWrong(null, { problems: [`The routing model has no way from ${this._now.id} to ${target}.`] });
    } else this._show(target, payload);
  }

  _update(payload) {
    this._now.data = { ...this._now.data, ...payload };
    this._refresh();
  }

  /** The arrow, or the cross on the first screen. */
  _back() {
    if (!this._stack.length) return this.close();
    const screen = this._now.id;
    if (this._now.definition.refresh_on_back) return this._ask(async () => (await flowStep(this._session, { do: "back", screen })).shown);
    if (this._isBusy) return null;
    this._now = this._stack.pop();
    this._stand();
    this._say("");
    return this._sheet.focus();
  }

  _more() {
    const options = [{ id: "again", title: "Load again", description: "Opens the form from its start" }, { id: "close", title: "Close" }];
    const onChoose = (option) => (option.id === "close" ? this.close() : this._session && this._again());
    optionSheet(this._host, { title: "More", sections: [{ rows: options }], onChoose });
  }

  _again() {
    this._stack = [];
    this._now = null;
    this._fields.replaceChildren();
    this._footer.replaceChildren();
    return this._ask(async () => (await flowStep(this._session, { do: "init_again" })).shown);
  }

  // --- Looks --------------------------------------------------------------------------------------
  _drawBar() {
    const title = this._now ? filled(this._now.definition.title ?? "", this._values()) : "Loading";
    const isFirst = this._stack.length === 0;
    this._sheet.title.textContent = title || this._now.id;
    this._leave.setAttribute("aria-label", isFirst ? "Close" : "Back");
    this._leave.replaceChildren(icon(isFirst ? "close" : "back"));
  }

  _setBusy(isBusy) {
    this._isBusy = isBusy;
    if (isBusy && this._sheet.panel.contains(document.activeElement)) this._sheet.focus(); // what is locked loses the keyboard
    this._fields.disabled = isBusy;
    this._sheet.panel.setAttribute("aria-busy", String(isBusy));
    this._wait.hidden = !isBusy || Boolean(this._now);
    if (this._now) this._judge();
  }

  _say(words) {
    clearTimeout(this._snackTimer);
    this._snack.textContent = words ?? "";
    if (words) this._snackTimer = setTimeout(() => (this._snack.textContent = ""), SNACKBAR_MS);
  }

  /** A dialog: the same question again, or away; away from nothing is away from the Flow. */
  _wentWrong(question, failed) {
    const onClose = () => this._now || this.close();
    const onAgain = question && (() => (!this._now && this._session ? this._again() : this._ask(question)));
    retryDialog(this._host, failed, { onClose, onAgain });
  }
}

/** The Flow's own words for an error come before ours. */
function worded(component, problem) {
  return typeof component["error-message"] === "string" && component["error-message"] ? component["error-message"] : problem;
}
