// Whether what stands in an input may be sent, as the phone judges it. An empty answer means yes; else it is the sentence to show.

import { isSelectable } from "./dates.js";

const SHAPES = {
  number: [/^[+-]?(\d+|\d{1,3}(,\d{3})+)([.,]\d+)?(e[+-]?\d+)?$/i, "Type a number."],
  email: [/^[^\s@]+@[^\s@]+\.[^\s@]+$/, "Check this e-mail address."],
  phone: [/^\+?[\d\s().-]*\d[\d\s().-]*$/, "Check this phone number."],
  passcode: [/^\d+$/, "Type digits only."],
};
const WITH_PATTERN = ["text", "number", "password", "passcode"];
const DEFAULT_MAX_CHARS = 80;
const DEFAULT_MAX_LENGTH = 600;

/** What is wrong with `value` in this input; "" when nothing is. */
export function problemWith(component, value) {
  if (isEmpty(value)) return isRequired(component) ? "This is needed." : "";
  return (CHECKS[component.type] ?? (() => ""))(component, value);
}

/** The value of a select whose options no longer hold it is no value. */
export function stillOffered(component, value) {
  const source = component["data-source"];
  if (!Array.isArray(source) || isEmpty(value)) return value;
  const offered = new Set(source.filter((option) => option.enabled !== false).map((option) => option.id));
  if (Array.isArray(value)) return value.filter((id) => offered.has(id));
  return offered.has(value) ? value : undefined;
}

export function isEmpty(value) {
  if (typeof value === "string") return value.trim() === "";
  if (Array.isArray(value)) return value.length === 0;
  if (value !== null && typeof value === "object") return Object.values(value).every(isEmpty);
  return value === undefined || value === null || value === false;
}

/** A range may require its two dates apart. */
export function isRequired({ required }) {
  return required !== null && typeof required === "object" ? Object.values(required).includes(true) : required === true;
}

function textProblem(component, value) {
  const text = String(value).trim();
  const kind = component["input-type"] ?? "text";
  const [least, most] = [component["min-chars"] ?? 0, component["max-chars"] ?? DEFAULT_MAX_CHARS];
  if (SHAPES[kind] && !SHAPES[kind][0].test(text)) return SHAPES[kind][1];
  if (length(text) < Number(least)) return `Type at least ${least} characters.`;
  if (length(text) > Number(most)) return `Type at most ${most} characters.`;
  if (component.pattern && WITH_PATTERN.includes(kind) && !fits(text, component.pattern)) return "This does not have the right form.";
  return "";
}

function fits(text, pattern) {
  try {
    return new RegExp(`^(?:${pattern})$`, "u").test(text);
  } catch {
    return true; // a pattern that is no pattern is ignored
  }
}

function areaProblem(component, value) {
  const most = component["max-length"] ?? DEFAULT_MAX_LENGTH;
  return length(String(value).trim()) > Number(most) ? `Type at most ${most} characters.` : "";
}

function countProblem(component, value) {
  const [least, most] = [component["min-selected-items"], component["max-selected-items"]];
  if (least && value.length < Number(least)) return `Choose at least ${least}.`;
  if (most && value.length > Number(most)) return `Choose at most ${most}.`;
  return "";
}

function dateProblem(component, value) {
  return isSelectable(component, value) ? "" : "This date cannot be chosen.";
}

function calendarProblem(component, value) {
  if (component.mode !== "range") return dateProblem(component, value);
  const [start, end] = [value["start-date"], value["end-date"]];
  if (!start || !end) return "Choose the first and the last day.";
  if (end < start || !isSelectable(component, start) || !isSelectable(component, end)) return "These dates cannot be chosen.";
  const days = (Date.parse(end) - Date.parse(start)) / 86400000 + 1;
  if (component["min-days"] && days < component["min-days"]) return `Choose at least ${component["min-days"]} days.`;
  if (component["max-days"] && days > component["max-days"]) return `Choose at most ${component["max-days"]} days.`;
  return "";
}

const CHECKS = {
  TextInput: textProblem,
  TextArea: areaProblem,
  CheckboxGroup: countProblem,
  ChipsSelector: countProblem,
  DatePicker: dateProblem,
  CalendarPicker: calendarProblem,
};

/** In characters as a person counts them. */
function length(text) {
  return [...text].length;
}
