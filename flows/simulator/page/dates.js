// A calendar month as a grid of buttons, for one date or the two ends of a range. Dates are texts like 2026-12-31, without a zone.

import { button, el, icon } from "./dom.js";

const DAY_MS = 86400000;
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const WRITTEN = { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

/** 2026-12-31 as a person writes it. */
export function written(date, parts = WRITTEN) {
  return new Intl.DateTimeFormat("en-GB", parts).format(Date.parse(date)).replace(",", "");
}

/** Whether this day is offered by a DatePicker or CalendarPicker. */
export function isSelectable(component, date) {
  if (!isDate(date)) return false;
  const [first, last] = [asDate(component["min-date"]), asDate(component["max-date"])];
  if ((first && date < first) || (last && date > last)) return false;
  const open = component["include-days"];
  if (Array.isArray(open) && open.length && !open.includes(DAYS[new Date(date).getUTCDay()])) return false;
  return !(component["unavailable-dates"] ?? []).map(asDate).includes(date);
}

/** Whether the calendar has this day: 2026-02-30 is none. */
function isDate(date) {
  const time = /^\d{4}-\d\d-\d\d$/.test(String(date)) ? Date.parse(date) : NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
}

/** A date as text, also when it came as milliseconds, as before version 5.0. */
export function asDate(value) {
  return /^\d{10,}$/.test(String(value ?? "")) ? new Date(Number(value)).toISOString().slice(0, 10) : (value ?? "");
}

export class Calendar {
  /** `chosen` is a date, or {"start-date","end-date"} for a range; `onChoose` is told every choice. */
  constructor(component, chosen, onChoose) {
    this._component = component;
    this._chosen = chosen;
    this._onChoose = onChoose;
    this._focused = this._start();
    this.node = el("div", { class: "calendar", on: { keydown: (event) => this._key(event) } });
    this._draw();
  }

  /** Put the keyboard on the day that is marked. */
  focus() {
    this.node.querySelector(".day[tabindex='0']")?.focus();
  }

  /** The chosen day, else today, else the first day that is offered. */
  _start() {
    const chosen = typeof this._chosen === "string" ? this._chosen : this._chosen?.["start-date"];
    const now = new Date().toISOString().slice(0, 10);
    let day = [chosen, now].find((date) => date && isSelectable(this._component, date)) ?? asDate(this._component["min-date"]) ?? "";
    if (!day || day < now) day = chosen || (day > now ? day : this._bounded(now));
    for (let step = 0; step < 400 && !isSelectable(this._component, day); step += 1) day = shifted(day, 1);
    return isSelectable(this._component, day) ? day : this._bounded(now);
  }

  _bounded(day) {
    const [first, last] = [asDate(this._component["min-date"]), asDate(this._component["max-date"])];
    if (first && day < first) return first;
    return last && day > last ? last : day;
  }

  _draw() {
    const month = this._focused.slice(0, 7);
    const heading = el("p", { class: "month", "aria-live": "polite", text: written(`${month}-01`, { month: "long", year: "numeric", timeZone: "UTC" }) });
    const turn = (name, label, step) => button(
      { class: "round", "aria-label": label, disabled: !this._isReachable(step), on: { click: () => this._turn(step) } },
      icon(name),
    );
    this.node.replaceChildren(
      el("div", { class: "months" }, turn("previous", "Month before", -1), heading, turn("next", "Next month", 1)),
      el("div", { class: "weekdays", "aria-hidden": "true" }, DAYS.map((day) => el("span", { text: day }))),
      el("div", { class: "days", role: "group", "aria-label": heading.textContent }, this._days(month)),
    );
  }

  _days(month) {
    const first = `${month}-01`;
    const blanks = Array.from({ length: new Date(first).getUTCDay() }, () => el("span"));
    const days = [];
    for (let day = first; day.startsWith(month); day = shifted(day, 1)) days.push(this._day(day));
    return [...blanks, ...days];
  }

  _day(date) {
    const isOpen = isSelectable(this._component, date);
    return button({
      class: `day${this._isBetween(date) ? " between" : ""}`,
      text: String(Number(date.slice(8))),
      disabled: !isOpen,
      tabindex: date === this._focused ? 0 : -1,
      "aria-label": written(date),
      "aria-pressed": this._ends().includes(date) ? "true" : "false",
      on: { click: () => this._choose(date) },
    });
  }

  _ends() {
    const chosen = this._chosen ?? "";
    return typeof chosen === "string" ? [chosen] : [chosen["start-date"], chosen["end-date"]];
  }

  _isBetween(date) {
    const [start, end] = this._ends();
    return Boolean(start && end && start < date && date < end);
  }

  _choose(date) {
    this._focused = date;
    this._chosen = this._component.mode === "range" ? this._range(date) : date;
    this._draw();
    this.focus();
    this._onChoose(this._chosen);
  }

  /** The first tap begins, the second ends; a third, or an earlier day, begins anew. */
  _range(date) {
    const [start, end] = this._ends();
    return start && !end && date >= start ? { "start-date": start, "end-date": date } : { "start-date": date };
  }

  _turn(step) {
    const label = step < 0 ? "Month before" : "Next month";
    this._focused = this._openDayIn(monthShifted(this._focused, step));
    this._draw();
    (this.node.querySelector(`[aria-label='${label}']:enabled`) ?? this.node.querySelector(".round:enabled"))?.focus();
  }

  _isReachable(step) {
    const month = monthShifted(this._focused, step).slice(0, 7);
    const [first, last] = [asDate(this._component["min-date"]), asDate(this._component["max-date"])];
    return !(first && month < first.slice(0, 7)) && !(last && month > last.slice(0, 7));
  }

  /** The first day that is offered in the month of `day`, so that the keyboard has somewhere to be. */
  _openDayIn(day) {
    const month = day.slice(0, 7);
    for (let each = `${month}-01`; each.startsWith(month); each = shifted(each, 1)) if (isSelectable(this._component, each)) return each;
    return `${month}-01`;
  }

  _key(event) {
    if (!event.target.classList.contains("day")) return;
    const step = STEPS[event.key];
    if (step) this._walk(step);
    else if (event.key === "PageUp" && this._isReachable(-1)) this._turnTo(-1);
    else if (event.key === "PageDown" && this._isReachable(1)) this._turnTo(1);
    else return;
    event.preventDefault();
  }

  _turnTo(step) {
    this._focused = this._openDayIn(monthShifted(this._focused, step));
    this._draw();
    this.focus();
  }

  /** To the next day in this direction that is offered. */
  _walk(step) {
    let day = this._focused;
    for (let tries = 0; tries < 400; tries += 1) {
      day = shifted(day, step);
      if (isSelectable(this._component, day)) {
        this._focused = day;
        this._draw();
        this.focus();
        return;
      }
    }
  }
}

function shifted(date, days) {
  return new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10);
}

function monthShifted(date, months) {
  const [year, month] = date.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1 + months, 1)).toISOString().slice(0, 10);
}
