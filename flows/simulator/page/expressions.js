// Bindings like ${data.title} and the small expressions around them. The same answers as flows/flow_json/expressions.py.

const BINDING = /^\$\{(?:screen\.([A-Za-z_]+)\.)?(data|form)\.([\w-]+(?:\.[\w-]+)*)\}$/;
const TOKEN = /\s*(?:(\$\{[^}]*\})|'((?:[^'\\]|\\.)*)'|(\d+(?:\.\d+)?)|(true|false)\b|(\|\||&&|==|!=|<=|>=|[<>+\-/%!()]))/y;
const LEVELS = [["||"], ["&&"], ["==", "!="], ["<", "<=", ">", ">="], ["+", "-"], ["/", "%"]];

/** The text is not an expression. */
export class BadExpression extends Error {}

export const isBinding = (text) => text.startsWith("${") && text.endsWith("}") && text.split("${").length === 2;
export const isNested = (text) => text.length >= 2 && text.startsWith("`") && text.endsWith("`");
export const isDynamic = (value) => typeof value === "string" && (isBinding(value) || isNested(value));

/** A binding, or an expression in backticks. Throws BadExpression. */
export function read(text) {
  return isNested(text) ? parse(text.slice(1, -1)) : readBinding(text);
}

/** An expression without its backticks, as in the condition of an If. Throws BadExpression. */
export function parse(text) {
  const parser = new Parser(tokens(text));
  try {
    const parts = [parser.level(0)];
    while (parser.more()) parts.push(parser.level(0));
    return parts.length === 1 ? parts[0] : { operator: "join", parts };
  } catch (error) {
    if (error instanceof RangeError) throw new BadExpression("The expression is nested too deeply.");
    throw error;
  }
}

function readBinding(text) {
  const found = BINDING.exec(text);
  if (!found) throw new BadExpression(`${text} is not a binding to data or form.`);
  return { screen: found[1] ?? "", source: found[2], path: found[3].split(".") };
}

function tokens(text) {
  const found = [];
  let position = 0;
  while (text.slice(position).trim()) {
    TOKEN.lastIndex = position;
    const match = TOKEN.exec(text);
    if (!match) throw new BadExpression(`${text.slice(position).trim().slice(0, 20)} cannot be read in an expression.`);
    found.push(token(match));
    position = TOKEN.lastIndex;
  }
  return found;
}

function token([, binding, literal, number, word, operator]) {
  if (binding) return readBinding(binding);
  if (literal !== undefined) return { literal: literal.replaceAll("\\'", "'") };
  if (number) return { literal: Number(number) };
  return word ? { literal: word === "true" } : operator;
}

class Parser {
  constructor(found) {
    this._tokens = found;
    this._next = 0;
  }

  more() {
    return this._next < this._tokens.length;
  }

  level(depth) {
    if (depth === LEVELS.length) return this._single();
    let node = this.level(depth + 1);
    while (this.more() && LEVELS[depth].includes(this._tokens[this._next])) {
      const operator = this._tokens[this._next];
      this._next += 1;
      node = { operator, parts: [node, this.level(depth + 1)] };
    }
    return node;
  }

  _single() {
    if (!this.more()) throw new BadExpression("The expression ends too early.");
    const found = this._tokens[this._next];
    this._next += 1;
    if (typeof found !== "string") return found;
    if (found === "!") return { operator: "!", parts: [this._single()] };
    if (found !== "(") throw new BadExpression(`${found} stands at a place where a value is expected.`);
    const inner = this.level(0);
    if (this._tokens[this._next] !== ")") throw new BadExpression("A bracket is not closed.");
    this._next += 1;
    return inner;
  }
}

/** What the expression comes to; null where something it needs is missing. `valueOf` answers a binding. */
export function evaluate(node, valueOf) {
  if ("source" in node) return valueOf(node) ?? null;
  if ("literal" in node) return node.literal;
  const values = node.parts.map((part) => evaluate(part, valueOf));
  if (node.operator === "join") return values.map(shown).join("");
  if (node.operator === "!") return !isTrue(values[0]);
  return operate(node.operator, ...values);
}

function operate(operator, left, right) {
  if (operator === "||") return isTrue(left) || isTrue(right);
  if (operator === "&&") return isTrue(left) && isTrue(right);
  if (operator === "==") return isSame(left, right);
  if (operator === "!=") return !isSame(left, right);
  const areTexts = typeof left === "string" && typeof right === "string";
  const areNumbers = [left, right].every((value) => typeof value === "number" || typeof value === "boolean");
  if (areTexts && operator !== "+" && !LEVELS[3].includes(operator)) return null;
  return areTexts || areNumbers ? calculate(operator, left, right) : null;
}

function calculate(operator, left, right) {
  switch (operator) {
    case "<": return left < right;
    case "<=": return left <= right;
    case ">": return left > right;
    case ">=": return left >= right;
    case "+": return left + right;
    case "-": return left - right;
    case "/": return Number(right) ? left / right : 0;
    default: return Number(right) ? left - right * Math.floor(left / right) : 0;
  }
}

function isTrue(value) {
  if (value && typeof value === "object") return Object.keys(value).length > 0;
  return Boolean(value);
}

function isSame(left, right) {
  const simple = (value) => (typeof value === "boolean" ? Number(value) : value);
  if (left && right && typeof left === "object" && typeof right === "object") return JSON.stringify(left) === JSON.stringify(right);
  return simple(left) === simple(right);
}

/** A value inside a text, as the phone writes it. */
export function shown(value) {
  return value === null || value === undefined ? "" : String(value);
}
