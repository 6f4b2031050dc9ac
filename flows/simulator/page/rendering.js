// A screen with its bindings filled in. The same answers as flows/flow_json/rendering.py.

import { BadExpression, evaluate, isDynamic, isNested, parse, read } from "./expressions.js";

export const INPUTS = new Set([
  "TextInput", "TextArea", "CheckboxGroup", "RadioButtonsGroup", "ChipsSelector", "Dropdown", "OptIn", "DatePicker",
  "CalendarPicker", "PhotoPicker", "DocumentPicker",
]);

/** What bindings on a screen point to: its data, what was typed, and the same of the other screens by id. */
export class Values {
  constructor({ data = {}, form = {}, others = {} } = {}) {
    Object.assign(this, { data, form, others });
  }

  /** The value that a binding points to; null when there is none. */
  of(binding) {
    const values = binding.screen ? (this.others[binding.screen] ?? {}) : this;
    let value = (binding.source === "data" ? values.data : values.form) ?? {};
    for (const step of binding.path) value = isObject(value) && Object.hasOwn(value, step) ? value[step] : null;
    return value ?? null;
  }
}

/** `value` with every binding replaced; what is bound to nothing is left out. Keys `on-…` are left as they are. */
export function filled(value, values) {
  if (Array.isArray(value)) return value.map((item) => filled(item, values)).filter((item) => item !== null);
  if (isObject(value)) {
    const pairs = Object.entries(value).map(([key, inner]) => [key, key.startsWith("on-") ? inner : filled(inner, values)]);
    return Object.fromEntries(pairs.filter(([, inner]) => inner !== null && inner !== undefined));
  }
  if (!isDynamic(value)) return value ?? null;
  try {
    return evaluate(read(value), (binding) => values.of(binding));
  } catch (error) {
    if (error instanceof BadExpression) return value;
    throw error;
  }
}

/** The components that are shown, in their order and filled in, each with its path; Form, If and Switch become what is in them. */
export function rendered(screen, values) {
  return [...walk(screen?.layout?.children, "/layout/children", values, {}, {})];
}

/** What stands in the inputs when the screen is shown. */
export function filledIn(screen, values) {
  const places = rendered(screen, values).filter(({ component }) => "init-value" in component && component.name);
  return Object.fromEntries(places.map(({ component }) => [component.name, component["init-value"]]));
}

function* walk(children, path, values, typed, errors) {
  for (const [index, component] of (Array.isArray(children) ? children : []).entries()) {
    const where = `${path}/${index}`;
    if (component.type === "Form") {
      const [typedHere, errorsHere] = ["init-values", "error-messages"].map((name) => object(filled(component[name], values)));
      yield* walk(component.children, `${where}/children`, values, typedHere, errorsHere);
    } else if (component.type === "If" || component.type === "Switch") {
      const name = branch(component, values);
      const inner = component.type === "If" ? component[name] : object(component.cases)[name];
      yield* walk(inner, `${where}/${name}`, values, typed, errors);
    } else {
      const { visible = true, ...shown } = filled(component, values);
      if (visible !== false) yield { component: withFormValues(shown, typed, errors), path: where };
    }
  }
}

function branch(component, values) {
  const text = String(component.condition || component.value);
  let value = null;
  try {
    value = evaluate(parse(isNested(text) ? text.slice(1, -1) : text), (binding) => values.of(binding));
  } catch (error) {
    if (!(error instanceof BadExpression)) throw error;
  }
  if (component.type === "If") return value === true ? "then" : "else";
  return String(value);
}

function withFormValues(component, typed, errors) {
  if (INPUTS.has(component.type) && component.name) {
    if (component.name in typed) component["init-value"] = typed[component.name];
    if (component.name in errors) component["error-message"] = errors[component.name];
  }
  return component;
}

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const object = (value) => (isObject(value) ? value : {});
