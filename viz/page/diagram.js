// The graph as SVG: its boxes and arrows, what they look like at a step, and the
// window through which one looks at them.

const BOX_NAME = 24; // characters; the layout has room for as many

class Diagram {
  constructor(trace, svg) {
    this.trace = trace;
    this.svg = svg;
    this.world = draw("g", { id: "world" });
    const lines = draw("g", { "aria-hidden": "true" });
    const labels = draw("g", { "aria-hidden": "true" });
    const boxes = draw("g", {});
    this.arrows = trace.edges.map((edge) => drawArrow(edge, lines, labels));
    this.boxes = trace.nodes.map((node) => drawBox(node, boxes));
    this.world.append(lines, labels, boxes);
    svg.append(this.world);
    this.view = { k: 1, x: 0, y: 0 };
    this.touched = false; // whether the user has chosen what to see
  }

  /** Show the state of every Value and edge at a step. */
  show(stateOfNode, stateOfEdge) {
    this.trace.nodes.forEach((node, k) => dressBox(this.boxes[k], node, stateOfNode(node)));
    this.trace.edges.forEach((edge, k) => dressArrow(this.arrows[k], edge, stateOfEdge(edge)));
  }

  /** Mark boxes and arrows: a class, and the members that have it. */
  mark(name, nodes, edges = new Set()) {
    this.boxes.forEach((box, k) => box.group.classList.toggle(name, nodes.has(k)));
    this.arrows.forEach((arrow, k) => {
      arrow.group.classList.toggle(name, edges.has(k));
      arrow.label.classList.toggle(name, edges.has(k));
    });
  }

  // ── the window ──────────────────────────────────────────────────────────────

  /** All of it, if that can be read; else as large as can be read, at the root. */
  fit(readable = false) {
    const { width, height } = this.svg.getBoundingClientRect();
    const [w, h] = this.trace.size;
    const whole = Math.min(width / (w + 32), height / (h + 32), 1.6);
    const k = readable ? Math.max(whole, 0.75) : whole;
    this.view = { k, x: (width - w * k) / 2, y: (height - h * k) / 2 };
    this.place();
    if (k > whole) this.reveal([this.trace.nodes[this.trace.root]]);
  }

  place() {
    const { k, x, y } = this.view;
    this.world.setAttribute("transform", `translate(${x} ${y}) scale(${k})`);
  }

  move(dx, dy) {
    this.touched = true;
    this.view.x += dx;
    this.view.y += dy;
    this.place();
  }

  /** Enlarge about a point of the screen, or about the middle. */
  zoom(factor, at) {
    this.touched = true;
    const frame = this.svg.getBoundingClientRect();
    const px = at ? at.x - frame.left : frame.width / 2;
    const py = at ? at.y - frame.top : frame.height / 2;
    const { k, x, y } = this.view;
    const larger = Math.min(6, Math.max(0.03, k * factor));
    const f = larger / k;
    this.view = { k: larger, x: px - (px - x) * f, y: py - (py - y) * f };
    this.place();
  }

  /** Move as little as shows these Values, or their middle if they do not fit. */
  reveal(nodes) {
    if (!nodes.length) return;
    const { width, height } = this.svg.getBoundingClientRect();
    this.view.x += this.shift(nodes, 0, this.view.x, width);
    this.view.y += this.shift(nodes, 1, this.view.y, height);
    this.place();
  }

  shift(nodes, axis, offset, room) {
    const margin = 16;
    const ends = nodes.flatMap((n) => [n.at[axis] - n.size[axis] / 2, n.at[axis] + n.size[axis] / 2]);
    const low = Math.min(...ends) * this.view.k + offset;
    const high = Math.max(...ends) * this.view.k + offset;
    if (high - low > room - 2 * margin) {
      const someSeen = low < room - 60 && high > 60;
      return someSeen ? 0 : room / 2 - (low + high) / 2;
    }
    if (low < margin) return margin - low;
    return high > room - margin ? room - margin - high : 0;
  }
}

// ── boxes ─────────────────────────────────────────────────────────────────────

function drawBox(node, parent) {
  const [w, h] = node.size;
  const frame = { x: -w / 2, y: -h / 2, width: w, height: h, rx: node.op ? 9 : 1 };
  const outer = { x: -w / 2 - 5, y: -h / 2 - 5, width: w + 10, height: h + 10, rx: node.op ? 13 : 5 };
  const edge = w / 2 - (node.group ? 11 : 8); // where text begins and ends
  const name = draw("text", { class: node.label ? "name" : "name given", x: edge, y: -12 });
  name.textContent = clipped(node.name.replace(/\s+/g, " "), BOX_NAME);
  const data = draw("text", { class: "value", x: edge, y: 6 });
  const grad = draw("text", { class: "value", x: edge, y: 22 });
  const group = draw(
    "g",
    {
      id: node.id, role: "button", tabindex: "-1", "aria-pressed": "false",
      transform: `translate(${node.at[0]} ${node.at[1]})`,
    },
    draw("rect", { class: "ring", ...outer }),
    draw("rect", { class: "base", ...frame }),
    draw("rect", { class: "tint", ...frame, "fill-opacity": tint(node) }),
    draw("rect", { class: "outline", ...frame }),
    ...(node.group ? [draw("rect", { class: "outline", ...inset(frame) })] : []),
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

/** A second outline, of a box that holds several Values. */
function inset({ x, y, width, height, rx }) {
  return { x: x + 3, y: y + 3, width: width - 6, height: height - 6, rx: Math.max(rx - 3, 0) };
}

function secondKey(node) {
  if (node.grad === undefined && !node.constant) return ""; // backward() was not called
  if (node.group) return node.group.leaves ? "|∂C/∂w|" : "arrives";
  return node.constant ? "constant" : "grad";
}

function tint(node) {
  return node.grad === 0 || node.grad === undefined ? 0 : (0.05 + 0.26 * node.s).toFixed(2);
}

/** A state is { data, grad, now }: what is known, and whether it is this step that tells. */
function dressBox(box, node, state) {
  const sign = state.grad ? signClass(node.grad) : "unknown";
  const marks = box.group.classList;
  const kept = ["chosen", "match", "path"].filter((name) => marks.contains(name));
  const waiting = state.data ? [] : ["waiting"];
  const now = state.now ? ["now"] : [];
  marks.value = ["node", sign, ...waiting, ...now, ...kept].join(" ");
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

// ── arrows ────────────────────────────────────────────────────────────────────

function drawArrow(edge, lines, labels) {
  const line = draw("path", { class: "line" });
  const head = draw("path", { class: "head" });
  const group = draw("g", { id: edge.id }, draw("title", {}), line, head);
  const label = draw("text", { x: edge.at[0], y: edge.at[1] + 1 });
  lines.append(group);
  labels.append(label);
  return { group, line, head, label };
}

/** A state is "waiting", "partial", "flow" or, with the flow of this step, "flow now". */
function dressArrow(arrow, edge, state) {
  const flowing = state.startsWith("flow");
  const sign = flowing ? signClass(edge.flow) : "unknown";
  const kept = ["path", "chosen"].filter((name) => arrow.group.classList.contains(name));
  arrow.group.classList.value = ["edge", state, sign, ...kept].join(" ");
  arrow.label.classList.value = ["edge-label", state, sign, ...kept].join(" ");
  arrow.label.textContent =
    state === "waiting" ? "" : flowing ? short(edge.flow) : edge.edges ? count(edge.edges) : `×${unsigned(short(edge.partial))}`;
  const width = flowing ? 0.8 + 4.2 * edge.s : 1;
  arrow.line.style.strokeWidth = `${width.toFixed(2)}px`;
  // For its animation an arrow is 1 long; its dashes are in points.
  if (state.endsWith("now")) arrow.line.setAttribute("pathLength", 1);
  else arrow.line.removeAttribute("pathLength");
  // The line ends where the arrowhead begins, and reaches the box at its other end.
  const last = edge.line.split(/[ C]/).pop();
  const first = edge.line.split("C")[0];
  const curve = edge.line.slice(first.length);
  if (flowing) {
    arrow.line.setAttribute("d", `M${first}${curve}L${edge.tip}`);
    arrow.head.setAttribute("d", headAt(edge.tail, first.split(",").map(Number), width, edge.flow));
  } else {
    arrow.line.setAttribute("d", `M${edge.tail}L${first}${curve}`);
    arrow.head.setAttribute("d", headAt(edge.tip, last.split(",").map(Number), width, 1));
  }
}

/** An arrowhead; of nothing that flows a bar, as the end of a dead branch. */
function headAt(tip, base, width, flow) {
  const [dx, dy] = [tip[0] - base[0], tip[1] - base[1]];
  const long = Math.hypot(dx, dy) || 1;
  const wide = Math.max(3.2, 0.9 * width + 1);
  const [nx, ny] = [(-dy / long) * wide, (dx / long) * wide];
  const corner = (s, p) => `${(p[0] + s * nx).toFixed(1)},${(p[1] + s * ny).toFixed(1)}`;
  if (flow === 0) return `M${corner(1, base)}L${corner(-1, base)}M${base}L${tip}`;
  return `M${tip}L${corner(1, base)}L${corner(-1, base)}Z`;
}
