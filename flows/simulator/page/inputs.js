// The inputs of a Flow. Each gives its node and `setError`, which shows a sentence at the field or takes it away.

import { Calendar, asDate, written } from "./dates.js";
import { button, el, icon, newId } from "./dom.js";
import { linkTo } from "./links.js";
import { pictureOf } from "./pictures.js";
import { Sheet } from "./sheet.js";
import { isRequired } from "./validation.js";

const KEYBOARDS = { number: "decimal", phone: "tel", email: "email", passcode: "numeric" };
const SECRET = ["password", "passcode"];

export const INPUT_COMPONENTS = {
  TextInput: (component, context) => textInput(component, context, el("input", {
    type: SECRET.includes(component["input-type"]) ? "password" : "text",
    inputmode: KEYBOARDS[component["input-type"]],
  })),
  TextArea: (component, context) => textInput(component, context, el("textarea", { rows: 3 })),
  RadioButtonsGroup: (component, context) => choiceGroup(component, context, "radio"),
  CheckboxGroup: (component, context) => choiceGroup(component, context, "checkbox"),
  ChipsSelector: (component, context) => choiceGroup(component, context, "checkbox", "chips"),
  Dropdown: dropdown,
  OptIn: optIn,
  DatePicker: dateInput,
  CalendarPicker: dateInput,
};

// --- What every input has -------------------------------------------------------------------------
function below(component) {
  const help = component["helper-text"];
  const node = el("p", { id: newId("help"), class: "help", dir: "auto", text: typeof help === "string" ? help : "" });
  const error = el("p", { id: newId("error"), class: "error", dir: "auto", "aria-live": "polite" });
  return { nodes: [node, error], ids: `${node.id} ${error.id}`, help: node, error };
}

function errorSetter(node, control, { help, error }) {
  return (sentence) => {
    error.textContent = sentence;
    help.hidden = Boolean(sentence) || !help.textContent;
    node.classList.toggle("has-error", Boolean(sentence));
    if (sentence) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  };
}

function labelWords(component) {
  const label = typeof component.label === "object" ? Object.values(component.label ?? {}).join(" – ") : (component.label ?? "");
  return [label, isRequired(component) ? null : el("span", { class: "optional", text: " (optional)" })];
}

// --- Text -----------------------------------------------------------------------------------------
function textInput(component, context, control) {
  const under = below(component);
  control.id = newId("field");
  control.value = context.value ?? "";
  control.disabled = component.enabled === false;
  for (const [name, value] of [["name", component.name], ["autocomplete", "off"], ["dir", "auto"], ["aria-describedby", under.ids],
    ["aria-required", String(isRequired(component))]]) control.setAttribute(name, value);
  control.addEventListener("input", () => context.change(control.value));
  control.addEventListener("blur", () => context.leave());
  const label = el("label", { for: control.id, dir: "auto" }, labelWords(component));
  const node = el("div", { class: "field" }, el("div", { class: "box" }, label, control), under.nodes);
  return { node, setError: errorSetter(node, control, under) };
}

// --- Choices --------------------------------------------------------------------------------------
function choiceGroup(component, context, kind, look = "rows") {
  const under = below(component);
  const name = newId(component.name);
  const group = el("fieldset", { class: `field ${look}`, disabled: component.enabled === false, "aria-describedby": under.ids });
  const chosen = () => [...group.querySelectorAll("input:checked")].map((input) => input.value);
  const changed = (option, input) => {
    const value = kind === "radio" ? option.id : chosen();
    context.change(Array.isArray(value) && !value.length ? undefined : value, option, input.checked);
  };
  const isChosen = (option) => (kind === "radio" ? context.value === option.id : (context.value ?? []).includes(option.id));
  group.append(
    el("legend", { dir: "auto" }, labelWords(component)),
    component.description ? el("p", { class: "text caption", dir: "auto", text: component.description }) : "",
    ...(component["data-source"] ?? []).map((option) => choiceRow(option, { kind, name, isChosen: isChosen(option), changed })),
    ...under.nodes,
  );
  group.addEventListener("focusout", (event) => group.contains(event.relatedTarget) || context.leave());
  return { node: group, setError: errorSetter(group, group, under) };
}

function choiceRow(option, { kind, name, isChosen, changed }) {
  const more = el("span", { id: newId("more"), class: "row-more", dir: "auto", text: [option.description, option.metadata].filter(Boolean).join("\n") });
  const input = el("input", {
    type: kind, name, value: option.id, checked: isChosen, disabled: option.enabled === false, "aria-describedby": more.textContent ? more.id : null,
  });
  input.addEventListener("change", () => changed(option, input));
  const title = el("span", { class: "row-title", dir: "auto", text: option.title });
  title.id = newId("title");
  input.setAttribute("aria-labelledby", title.id);
  return el("label", { class: `row${option.enabled === false ? " off" : ""}` },
    optionPicture(option), el("span", { class: "row-words" }, title, more.textContent ? more : null), input);
}

function optionPicture(option) {
  if (option.image) return pictureOf(option.image, option["alt-text"] ?? "");
  if (!/^#?[0-9a-f]{6}$/i.test(option.color ?? "")) return null;
  const swatch = el("span", { class: "swatch", role: "img", "aria-label": option["alt-text"] ?? "" });
  swatch.style.background = `#${option.color.replace("#", "")}`;
  return swatch;
}

/** A box that opens something to choose from, and shows what was chosen. */
function opener(component, shownValue, iconName, onOpen) {
  const under = below(component);
  const label = el("span", { id: newId("label"), class: "box-label", dir: "auto" }, labelWords(component));
  const value = el("span", { id: newId("value"), class: "box-value", dir: "auto", text: shownValue || "" });
  const control = button(
    {
      class: "box", "aria-haspopup": "dialog", "aria-labelledby": `${label.id} ${value.id}`, "aria-describedby": under.ids,
      disabled: component.enabled === false, on: { click: onOpen },
    },
    label, value, icon(iconName),
  );
  const node = el("div", { class: `field opener${shownValue ? " filled" : ""}` }, control, under.nodes);
  const show = (words) => {
    value.textContent = words;
    node.classList.toggle("filled", Boolean(words));
  };
  return { node, show, setError: errorSetter(node, control, under) };
}

function dropdown(component, context) {
  const options = component["data-source"] ?? [];
  const titleOf = (id) => options.find((option) => option.id === id)?.title ?? "";
  let chosen = context.value;
  const drawn = opener(component, titleOf(chosen), "down", () => context.openOptions({
    title: component.label,
    chosen,
    sections: [{ rows: options.map((option) => ({ ...option, picture: optionPicture(option) })) }],
    onChoose: (option) => {
      chosen = option.id;
      drawn.show(option.title);
      context.change(option.id, option);
    },
  }));
  return drawn;
}

function optIn(component, context) {
  const under = below(component);
  const input = el("input", { id: newId("field"), type: "checkbox", checked: context.value === true, "aria-describedby": under.ids });
  input.addEventListener("change", () => context.change(input.checked || undefined, null, input.checked));
  input.addEventListener("blur", () => context.leave());
  const action = component["on-click-action"];
  const node = el("div", { class: "field opt-in" },
    el("div", { class: "opt-in-line" }, input, el("label", { for: input.id, dir: "auto" }, component.label)),
    action ? linkTo("Read more", action, context) : null,
    under.nodes);
  return { node, setError: errorSetter(node, input, under) };
}

// --- Dates ----------------------------------------------------------------------------------------
function dateInput(component, context) {
  let chosen = typeof context.value === "string" ? asDate(context.value) : context.value;
  const drawn = opener(component, dateWords(chosen), "calendar", () => calendarSheet(component, context, chosen, (value) => {
    chosen = value;
    drawn.show(dateWords(value));
    context.change(value);
  }));
  return drawn;
}

function dateWords(value) {
  if (!value) return "";
  if (typeof value === "string") return written(value);
  return [value["start-date"], value["end-date"]].filter(Boolean).map((date) => written(date)).join(" to ");
}

/** One date is taken with the tap; a range with the button, when both ends are there. */
function calendarSheet(component, context, value, onChosen) {
  const isRange = component.mode === "range";
  const title = component.title || (typeof component.label === "string" ? component.label : "Choose the dates");
  const sheet = new Sheet(context.host, { title }).withClose();
  let chosen = value;
  const done = button({ class: "flow-main", text: "Choose these dates", disabled: !value, on: { click: () => finish() } });
  const finish = () => {
    sheet.close();
    onChosen(chosen);
  };
  const calendar = new Calendar(component, value, (picked) => {
    chosen = picked;
    done.disabled = isRange && !picked["end-date"];
    if (!isRange) finish();
  });
  if (component.description) sheet.body.append(el("p", { class: "text caption", text: component.description }));
  sheet.body.append(calendar.node);
  if (isRange) sheet.body.append(done);
  sheet.open();
  calendar.focus();
}
