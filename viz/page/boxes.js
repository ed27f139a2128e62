// A box as SVG: how it is drawn, and what it looks like at a step.

const BOX_NAME = 24; // characters; the layout has space for as many

function drawBox(node, parent) {
  const edge = node.size[0] / 2 - (node.group ? 11 : 8); // where text begins and ends
  const name = draw("text", { class: node.label ? "name" : "name generated", x: edge, y: -12 });
  name.textContent = clipped(node.name.replace(/\s+/g, " "), BOX_NAME);
  const data = draw("text", { class: "value", x: edge, y: 6 });
  const grad = draw("text", { class: "value", x: edge, y: 22 });
  const group = draw(
    "g",
    {
      id: node.id, role: "button", tabindex: "-1", "aria-pressed": "false",
      transform: `translate(${node.at[0]} ${node.at[1]})`,
    },
    ...outlines(node),
    draw("text", { class: "op", x: -edge, y: -12 }, node.symbol || ""),
    name,
    draw("text", { class: "key", x: -edge, y: 6 }, node.group ? "Values" : "data"),
    data,
    draw("text", { class: "key", x: -edge, y: 22 }, secondKey(node)),
    grad,
  );
  parent.append(group);
  return { group, data, grad };
}

/** The box itself; with a second outline inside, if it holds several Values. */
function outlines(node) {
  const [width, height] = node.size;
  const grown = (by, rx) => ({ x: -width / 2 - by, y: -height / 2 - by, width: width + 2 * by, height: height + 2 * by, rx });
  const frame = grown(0, node.op ? 9 : 1);
  return [
    draw("rect", { class: "ring", ...grown(5, node.op ? 13 : 5) }),
    draw("rect", { class: "base", ...frame }),
    draw("rect", { class: "tint", ...frame, "fill-opacity": tint(node) }),
    draw("rect", { class: "outline", ...frame }),
    ...(node.group ? [draw("rect", { class: "outline", ...grown(-3, node.op ? 6 : 0) })] : []),
  ];
}

function secondKey(node) {
  if (node.grad === undefined && !node.constant) return ""; // backward() was not called
  if (node.group) return node.group.leaves ? "|∂C/∂w|" : "arrives";
  return node.constant ? "constant" : "grad";
}

function tint(node) {
  return node.grad === 0 || node.grad === undefined ? 0 : (0.05 + 0.26 * node.s).toFixed(2);
}

/** A state is { data, grad, possible, now }: whether these are known, whether there are
 * gradients at all, and whether this step has reached the Value. */
function dressBox(box, node, state) {
  const sign = state.grad ? signClass(node.grad) : "unknown";
  const marks = box.group.classList;
  const marked = ["chosen", "match", "path"].filter((name) => marks.contains(name));
  const waiting = state.data ? [] : ["waiting"];
  const now = state.now ? ["now"] : [];
  marks.value = ["node", sign, ...waiting, ...now, ...marked].join(" ");
  box.data.textContent = node.group ? count(node.group.values) : state.data ? short(node.data) : "…";
  const unknown = node.constant || !state.possible ? "" : "…";
  box.grad.textContent = state.grad ? secondValue(node) + (node.elsewhere ? "*" : "") : unknown;
  box.group.setAttribute("aria-label", spoken(node, state));
}

function secondValue(node) {
  return node.group && node.group.leaves ? unsigned(short(node.group.norm)) : short(node.grad);
}

function spoken(node, state) {
  if (node.group) return spokenGroup(node, state);
  const parts = [node.name, node.constant ? "constant" : node.op ? `operation ${node.op}` : "leaf"];
  parts.push(state.data ? `data ${short(node.data)}` : "not computed yet");
  if (state.grad) parts.push(`gradient ${short(node.grad)}`);
  else if (state.data && state.possible && !node.constant) parts.push("gradient not known yet");
  return parts.join(", ");
}

function spokenGroup(node, state) {
  const parts = [node.name, `group of ${plural(node.group.values, "Value", "Values")}`];
  if (node.group.leaves) parts.push(`of them ${plural(node.group.leaves, "leaf", "leaves")}`);
  if (!state.data) parts.push("not computed yet");
  if (state.grad) parts.push(`gradient that arrives ${short(node.grad)}`);
  if (state.grad && node.group.leaves) parts.push(`norm over its leaves ${unsigned(short(node.group.norm))}`);
  return parts.join(", ");
}

function signClass(x) {
  return x > 0 ? "positive" : x < 0 ? "negative" : x === 0 ? "zero" : "undefined";
}
