// The page: the trace, the step it is at, and the Value that is chosen.

const MOST_PATHS = 100;

const byId = (id) => document.getElementById(id);
const trace = prepared(JSON.parse(byId("trace").textContent));
const forwardSteps = 1 + Math.max(...trace.nodes.map((node) => node.f));
const backwardSteps = trace.flowed ? 1 + Math.max(...trace.nodes.filter((n) => !n.constant).map((node) => node.b)) : 0;
const lastPosition = forwardSteps + backwardSteps - 1;
const paths = trace.flowed && !trace.collapsed ? allPaths(trace, MOST_PATHS) : [];
const diagram = new Diagram(trace, byId("diagram"));
let position = forwardSteps - 1; // all is computed, no gradient has flowed
let chosen = null; // the index of a Value
let focused = trace.root;

/** The trace with its numbers read and its edges attached to its Values. */
function prepared(trace) {
  for (const node of trace.nodes) {
    if (node.data !== undefined) node.data = read(node.data);
    if (node.group && trace.flowed) node.group.norm = read(node.group.norm);
    if (node.grad !== undefined) node.grad = read(node.grad);
    node.operands = [];
    node.uses = [];
  }
  trace.edges.forEach((edge, k) => {
    [edge.operand, edge.result] = edge.ends;
    edge.index = k;
    edge.flow = read(edge.flow);
    if (edge.edges) edge.sizes = read(edge.sizes);
    else edge.partial = read(edge.partial);
    trace.nodes[edge.result].operands.push(edge.operand);
    trace.nodes[edge.operand].uses.push(edge);
  });
  return trace;
}

// ── steps ─────────────────────────────────────────────────────────────────────

function go(to) {
  position = Math.min(Math.max(to, 0), lastPosition);
  const q = position - forwardSteps; // how far backward; negative while forward
  const known = (node) => trace.flowed && !node.constant && node.b <= q;
  const frontier = trace.nodes.filter((n) => (q < 0 ? n.f === position : n.b === q && !n.constant));
  diagram.show(
    (node) => ({ data: node.f <= position, grad: known(node), possible: trace.flowed, now: frontier.includes(node) }),
    (edge) => {
      const [x, z] = [trace.nodes[edge.operand], trace.nodes[edge.result]];
      if (z.f > position) return "waiting";
      if (!known(x)) return q < 0 && z.f === position ? "partial now" : "partial";
      return x.b === q ? "flow now" : "flow";
    },
  );
  const text = sentence(frontier, q);
  byId("sentence").textContent = text;
  byId("slider").value = position;
  byId("slider").setAttribute("aria-valuetext", text.split(":")[0]);
  byId("first").disabled = byId("back").disabled = position === 0;
  byId("last").disabled = byId("next").disabled = position === lastPosition;
  diagram.reveal(frontier);
}

function sentence(frontier, q) {
  const [name, step, steps] = q < 0 ? ["Forward", position + 1, forwardSteps] : ["Backward", q + 1, backwardSteps];
  const all = frontier.map((n) => {
    const label = clipped(n.name, 30);
    if (n.group) return q < 0 ? label : `${short(n.grad)} into ${label}`;
    return q < 0 ? `${label} = ${short(n.data)}` : `∂C/∂${label} = ${frontier.length === 1 ? worked(n) : ""}${short(n.grad)}`;
  });
  const rest = all.splice(4).length;
  const list = all.join(", ") + (rest ? `, and ${plural(rest, "other", "others")}` : "");
  const last = position === lastPosition ? " That was the last step." : "";
  const turn = q === -1 && trace.flowed ? " Now the gradient can flow back." : "";
  return `${name}, step ${step} of ${steps}: ${list}.${turn}${last}`;
}

/** The sum that a gradient is, where it is short. */
function worked(node) {
  if (!node.uses.length || node.uses.length > 3 || node.elsewhere || trace.collapsed) return "";
  const terms = [...node.uses].reverse().map((edge) => `${long(edge.partial)} × ${long(trace.nodes[edge.result].grad)}`);
  return `${terms.join(" + ")} = `;
}

// ── a Value is chosen ─────────────────────────────────────────────────────────

function choose(k) {
  showChoice(k, described(trace, k, paths, chooseAndFocus, follow));
  focus(k, false);
  diagram.reveal([trace.nodes[k]]);
  byId("panel").scrollTop = 0;
  showPaths(paths.length ? paths[k].strongest : []);
}

/** From within the panel, whose button is gone by then. */
function chooseAndFocus(k) {
  choose(k);
  byId("panel").focus();
}

function chooseNothing() {
  showChoice(null, legend(trace));
  showPaths([]);
}

function showChoice(k, text) {
  chosen = k;
  diagram.boxes.forEach((box, j) => box.group.setAttribute("aria-pressed", String(j === k)));
  byId("panel").replaceChildren(...text);
}

/** Mark all edges on these paths; with none, those into which the Value goes. */
function showPaths(shown) {
  const edges = new Set(shown.flatMap((path) => edgesOf(path)));
  if (chosen !== null && !edges.size) trace.nodes[chosen].uses.forEach((edge) => edges.add(edge));
  const nodes = new Set([...edges].flatMap((edge) => [edge.operand, edge.result]));
  diagram.mark("path", nodes, new Set([...edges].map((edge) => edge.index)));
  diagram.mark("chosen", new Set(chosen === null ? [] : [chosen]));
  diagram.svg.classList.toggle("choosing", edges.size > 0);
}

/** Show one path alone; again, all of them. */
function follow(path, button) {
  const alone = button.getAttribute("aria-pressed") === "false";
  for (const other of byId("panel").querySelectorAll(".path")) other.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-pressed", String(alone));
  showPaths(alone ? [path] : paths[chosen].strongest);
}

/** The one Value that Tab reaches. */
function focus(k, move = true) {
  diagram.boxes[focused].group.setAttribute("tabindex", "-1");
  focused = k;
  const group = diagram.boxes[k].group;
  group.setAttribute("tabindex", "0");
  if (!move) return;
  group.focus({ preventScroll: true });
  diagram.reveal([trace.nodes[k]]);
}

// ── search ────────────────────────────────────────────────────────────────────

function matches() {
  const text = byId("search").value.trim().toLowerCase();
  if (!text) return [];
  return [...trace.nodes.keys()].filter((k) => {
    const { name, label, op, symbol, scope, id } = trace.nodes[k];
    return [name, label, op, symbol, scope, id].some((word) => word && word.toLowerCase().includes(text));
  });
}

function search() {
  const places = matches();
  diagram.mark("match", new Set(places));
  byId("matches").textContent = byId("search").value.trim() ? `${places.length} found` : "";
  if (places.length) diagram.reveal([trace.nodes[places[0]]]);
}

function nextMatch() {
  const places = matches();
  if (places.length) choose(places[(places.indexOf(chosen) + 1) % places.length]);
}

// ── beginning ─────────────────────────────────────────────────────────────────

/** What must be said in any case. */
function notices() {
  const lines = [];
  if (!trace.flowed) lines.push("backward() was not called on the last Value, so there are no gradients to show: this page steps forward only.");
  if (trace.tooSlow) lines.push(`In more detail it could not be laid out in ${trace.tooSlow} s.`);
  if (trace.collapsed) {
    const { by, edges, inside } = trace.collapsed;
    lines.push(`Collapsed by ${by} into ${plural(trace.nodes.length, "box", "boxes")}; a double outline holds several Values, and ${count(inside)} of ${plural(edges, "edge", "edges")} lie inside.`);
  }
  if (trace.crowded) lines.push("There are so many arrows that their numbers appear only when a box is chosen.");
  if (trace.leftOut) lines.push(`Only the strongest ${plural(trace.edges.length, "arrow", "arrows")} are drawn: ${count(trace.leftOut)} are not shown.`);
  return lines;
}

function writeHeading() {
  const root = trace.nodes[trace.root];
  const title = trace.title || `${trace.flowed ? "The backward pass" : "The forward pass"} of ${clipped(root.name, 60)}`;
  document.title = byId("title").textContent = title;
  const { values, edges } = trace.collapsed || { values: trace.nodes.length, edges: trace.edges.length };
  byId("about").textContent = `${plural(values, "Value", "Values")}, ${plural(edges, "edge", "edges")}`;
  byId("notice").textContent = notices().join(" ");
  byId("notice").hidden = !byId("notice").textContent;
}

function begin() {
  writeHeading();
  byId("backward").hidden = !trace.flowed;
  byId("slider").max = lastPosition;
  byId("forward").style.flexGrow = Math.max(forwardSteps - 1, 0.5);
  byId("backward").style.flexGrow = backwardSteps;
  byId("diagram").classList.toggle("crowded", Boolean(trace.crowded));
  listenToControls();
  listenToPointer(byId("diagram"));
  paint();
  focus(trace.root, false);
  chooseNothing();
  diagram.fit(true);
  go(position);
  new ResizeObserver(() => diagram.touched || diagram.fit(true)).observe(byId("diagram"));
}

begin();
