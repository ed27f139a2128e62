"use strict";

// Numbers and names as the page writes them, and how elements are made.  Whatever a
// user has named is set as text, never as markup.

const MINUS = "\u2212"; // read aloud as "minus", which a hyphen is not

/** A number of the trace, where nan and the infinities are spelled. */
function read(x) {
  if (typeof x === "number") return x;
  return { nan: NaN, inf: Infinity, "-inf": -Infinity }[x];
}

/** With its sign: to three decimals or, where those say little, two digits. */
function short(x) {
  if (x === 0) return "0";
  const plain = !Number.isFinite(x) || (Math.abs(x) >= 1e-2 && Math.abs(x) < 1e5);
  return signed(x, plain ? Math.abs(x).toFixed(3) : scientific(Math.abs(x), 1));
}

/** As a formula has it, to six digits. */
function long(x) {
  if (x === 0) return "0";
  const size = Math.abs(x);
  const plain = size >= 1e-4 && size < 1e7;
  const text = signed(x, plain ? String(Number(size.toPrecision(6))) : scientific(size, 5));
  return unsigned(text);
}

function unsigned(text) {
  return text.replace("+", "");
}

function signed(x, text) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) text = "inf";
  return (x < 0 ? MINUS : "+") + text;
}

function scientific(size, digits) {
  return size.toExponential(digits).replace("e+", "e").replace("e-", "e" + MINUS);
}

/** A whole number, however large: in full, or its size. */
function count(n) {
  const text = String(n);
  if (text.length > 15) return `about ${text[0]}.${text[1]} × 10^${text.length - 1}`;
  return text.replace(/\B(?=(\d{3})+$)/g, ",");
}

function plural(n, one, many) {
  return `${count(n)} ${String(n) === "1" ? one : many}`;
}

/** At most `most` characters, never half of one. */
function clipped(text, most) {
  const characters = Array.from(text);
  return characters.length <= most ? text : characters.slice(0, most - 1).join("") + "…";
}

/** An element of the page. */
function make(tag, attributes, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** An element of the diagram. */
function draw(tag, attributes, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children); // strings become text
  return element;
}

/** A number that a program can read in full. */
function figure(x, text) {
  return make("data", { value: x, title: String(x) }, text);
}
