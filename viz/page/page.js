// The page: its steps, and what the user does.

const PAUSE = 1500; // milliseconds between steps while it plays
const MOST_PATHS = 100;

const at = (id) => document.getElementById(id);
const trace = prepared(JSON.parse(at("trace").textContent));
const forwardSteps = 1 + Math.max(...trace.nodes.map((node) => node.f));
const backwardSteps = trace.flowed ? 1 + Math.max(...trace.nodes.filter((n) => !n.constant).map((node) => node.b)) : 0;
const found = trace.flowed && !trace.collapsed ? allPaths(trace, MOST_PATHS) : [];
const diagram = new Diagram(trace, at("diagram"));
let position = forwardSteps - 1; // all is computed, no gradient has flowed
let chosen = null; // the place of a Value
let focused = trace.root;
let timer = null;

/** The trace with its numbers read, its edges hung on its Values, its flows computed. */
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
    edge.place = k;
    if (edge.edges) [edge.flow, edge.sizes] = [read(edge.flow), read(edge.sizes)];
    else edge.partial = read(edge.partial);
    trace.nodes[edge.result].operands.push(edge.operand);
    trace.nodes[edge.operand].uses.push(edge);
  });
  if (trace.collapsed) return trace; // what flows along bundles was added up before
  const reached = new Set([trace.root]); // nothing flows from what backward() does not reach
  for (const edge of [...trace.edges].reverse()) {
    edge.sends = reached.has(edge.result) && !edge.blocked;
    if (edge.sends) reached.add(edge.operand);
    edge.flow = edge.sends ? times(edge.partial, trace.nodes[edge.result].grad) : 0;
  }
  return trace;
}

// ── steps ─────────────────────────────────────────────────────────────────────

function go(to) {
  position = Math.min(Math.max(to, 0), forwardSteps + backwardSteps - 1);
  const q = position - forwardSteps; // how far backward; negative while forward
  const known = (node) => trace.flowed && !node.constant && node.b <= q;
  diagram.show(
    (node) => ({
      data: node.f <= position, grad: known(node), possible: trace.flowed,
      now: q < 0 ? node.f === position : node.b === q && !node.constant,
    }),
    (edge) => {
      const [x, z] = [trace.nodes[edge.operand], trace.nodes[edge.result]];
      if (z.f > position) return "waiting";
      if (!known(x)) return q < 0 && z.f === position ? "partial now" : "partial";
      return x.b === q ? "flow now" : "flow";
    },
  );
  const now = frontier();
  const text = sentence(now, q);
  at("sentence").textContent = text;
  at("slider").value = position;
  at("slider").setAttribute("aria-valuetext", text.split(":")[0]);
  at("first").disabled = at("back").disabled = position === 0;
  at("last").disabled = at("next").disabled = position === forwardSteps + backwardSteps - 1;
  diagram.reveal(now);
}

/** The Values that this step reaches. */
function frontier() {
  const q = position - forwardSteps;
  return trace.nodes.filter((n) => (q < 0 ? n.f === position : n.b === q && !n.constant));
}

function sentence(now, q) {
  const [name, step, steps] = q < 0 ? ["Forward", position + 1, forwardSteps] : ["Backward", q + 1, backwardSteps];
  const told = now.map((n) => {
    const label = clipped(n.name, 30);
    if (n.group) return q < 0 ? label : `${short(n.grad)} into ${label}`;
    return q < 0 ? `${label} = ${short(n.data)}` : `∂C/∂${label} = ${now.length === 1 ? worked(n) : ""}${short(n.grad)}`;
  });
  const rest = told.splice(4).length;
  const list = told.join(", ") + (rest ? `, and ${plural(rest, "other", "others")}` : "");
  const last = position === forwardSteps + backwardSteps - 1 ? " That was the last step." : "";
  const turn = q === -1 && trace.flowed ? " Now the gradient can flow back." : "";
  return `${name}, step ${step} of ${steps}: ${list}.${turn}${last}`;
}

/** The sum that a gradient is, where it is short. */
function worked(node) {
  if (!node.uses.length || node.uses.length > 3 || node.elsewhere || trace.collapsed) return "";
  const terms = [...node.uses].reverse().map((edge) => `${long(edge.partial)} × ${long(trace.nodes[edge.result].grad)}`);
  return `${terms.join(" + ")} = `;
}

function play() {
  if (timer !== null) return pause();
  const end = forwardSteps + backwardSteps - 1;
  go(position === end ? 0 : position + 1);
  timer = setInterval(() => {
    go(position + 1);
    if (position === end) pause();
  }, PAUSE);
  at("play").textContent = "Pause";
}

function pause() {
  clearInterval(timer);
  timer = null;
  at("play").textContent = "Play";
}

function stepTo(to) {
  pause();
  go(to);
}

// ── a Value is chosen ─────────────────────────────────────────────────────────

function choose(k) {
  chosen = k;
  focus(k, false);
  diagram.reveal([trace.nodes[k]]);
  diagram.boxes.forEach((box, j) => box.group.setAttribute("aria-pressed", String(j === k)));
  at("panel").replaceChildren(...described(trace, k, found, chooseAndFocus, follow));
  at("panel").scrollTop = 0;
  showPaths(found.length ? found[k].strongest : []);
}

/** From within the panel, whose button is gone by then. */
function chooseAndFocus(k) {
  choose(k);
  at("panel").focus();
}

function chooseNothing() {
  chosen = null;
  diagram.boxes.forEach((box) => box.group.setAttribute("aria-pressed", "false"));
  at("panel").replaceChildren(...legend(trace));
  showPaths([]);
}

/** Mark all edges on these paths; with none, those into which the Value goes. */
function showPaths(paths) {
  const edges = new Set(paths.flatMap((path) => edgesOf(path)));
  if (chosen !== null && !edges.size) trace.nodes[chosen].uses.forEach((edge) => edges.add(edge));
  const nodes = new Set([...edges].flatMap((edge) => [edge.operand, edge.result]));
  diagram.mark("path", nodes, new Set([...edges].map((edge) => edge.place)));
  diagram.mark("chosen", new Set(chosen === null ? [] : [chosen]));
  diagram.svg.classList.toggle("choosing", edges.size > 0);
}

/** Show one path alone; again, all of them. */
function follow(path, button) {
  const alone = button.getAttribute("aria-pressed") === "false";
  for (const other of at("panel").querySelectorAll(".path")) other.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-pressed", String(alone));
  showPaths(alone ? [path] : found[chosen].strongest);
}

/** The one Value that Tab comes to. */
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
  const text = at("search").value.trim().toLowerCase();
  const places = new Set();
  if (!text) return places;
  trace.nodes.forEach((node, k) => {
    const words = [node.name, node.label, node.op, node.symbol, node.scope, node.id];
    if (words.some((word) => word && word.toLowerCase().includes(text))) places.add(k);
  });
  return places;
}

function search() {
  const places = matches();
  diagram.mark("match", places);
  at("found").textContent = at("search").value.trim() ? `${places.size} found` : "";
  if (places.size) diagram.reveal([trace.nodes[Math.min(...places)]]);
}

function nextMatch() {
  const places = [...matches()];
  if (places.length) choose(places[(places.indexOf(chosen) + 1) % places.length]);
}

// ── keys ──────────────────────────────────────────────────────────────────────

const STEPS = {
  ArrowRight: () => stepTo(position + 1),
  ArrowLeft: () => stepTo(position - 1),
  Home: () => stepTo(0),
  End: () => stepTo(Infinity),
  " ": () => play(),
  ArrowDown: () => focus((focused + 1) % trace.nodes.length),
  ArrowUp: () => focus((focused + trace.nodes.length - 1) % trace.nodes.length),
  Escape: () => chooseNothing(),
};
const LETTERS = {
  n: STEPS.ArrowRight,
  p: STEPS.ArrowLeft,
  b: () => stepTo(forwardSteps - 1),
  "/": () => at("search").focus(),
  "+": () => diagram.zoom(1.25),
  "=": () => diagram.zoom(1.25),
  "-": () => diagram.zoom(0.8),
  0: () => diagram.fit(),
  t: () => toggleTheme(),
  "?": () => at("help").showModal(),
};
const MOVES = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || at("help").open) return;
  const target = event.target;
  if (target.id === "search") return;
  if (target.id === "slider" && event.key.startsWith("Arrow")) return; // its own
  const onButton = target.closest("button, [role=button]");
  if (onButton && event.key === " ") return; // presses it
  const letter = at("letters").checked ? LETTERS[event.key] : undefined;
  let action = STEPS[event.key] || letter;
  if (event.shiftKey && MOVES[event.key]) action = () => diagram.move(...MOVES[event.key]);
  if (!action) return;
  event.preventDefault();
  action();
}

function boxKey(event, k) {
  if (event.key !== "Enter" && event.key !== " ") return;
  event.preventDefault();
  choose(k);
}

// ── pointer ───────────────────────────────────────────────────────────────────

/** One finger or the mouse drags; two fingers zoom. */
function listenToPointer(svg) {
  const down = new Map();
  let dragged = 0;
  const apart = () => {
    const [a, b] = [...down.values()];
    return { far: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  };
  svg.addEventListener("pointerdown", (event) => {
    if (down.size === 0) dragged = 0;
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  addEventListener("pointermove", (event) => {
    const from = down.get(event.pointerId);
    if (!from) return;
    const before = down.size === 2 ? apart() : null;
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    dragged += Math.abs(dx) + Math.abs(dy);
    if (before) diagram.zoom(apart().far / before.far, before);
    else if (dragged > 4) diagram.move(dx, dy);
  });
  for (const name of ["pointerup", "pointercancel"]) addEventListener(name, (event) => down.delete(event.pointerId));
  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    diagram.zoom(Math.exp(-event.deltaY * 0.0015), { x: event.clientX, y: event.clientY });
  }, { passive: false });
  svg.addEventListener("click", (event) => {
    if (dragged > 4) return;
    const group = event.target.closest(".node");
    if (group) choose(diagram.boxes.findIndex((box) => box.group === group));
    else chooseNothing();
  });
}

// ── light and dark ────────────────────────────────────────────────────────────

const system = matchMedia("(prefers-color-scheme: dark)");
let wanted = null; // what the user asked for, over what the system is set to

function paint() {
  const dark = wanted === null ? system.matches : wanted;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  at("theme").textContent = dark ? "Light" : "Dark";
}

function toggleTheme() {
  wanted = document.documentElement.dataset.theme !== "dark";
  paint();
}

// ── beginning ─────────────────────────────────────────────────────────────────

/** What must be said in any case. */
function notices() {
  const said = [];
  if (!trace.flowed) said.push("backward() was not called on the last Value, so there are no gradients to show: this page steps forward only.");
  if (trace.tooSlow) said.push(`In more detail it could not be laid out in ${trace.tooSlow} s.`);
  if (trace.collapsed) {
    const { by, edges, inside } = trace.collapsed;
    said.push(`Collapsed by ${by} into ${plural(trace.nodes.length, "box", "boxes")}; a double outline holds several Values, and ${count(inside)} of ${plural(edges, "edge", "edges")} lie inside.`);
  }
  if (trace.crowded) said.push("There are so many arrows that their numbers appear only when a box is chosen.");
  if (trace.leftOut) said.push(`Only the strongest ${plural(trace.edges.length, "arrow", "arrows")} are drawn: ${count(trace.leftOut)} are not shown.`);
  return said;
}

function begin() {
  const root = trace.nodes[trace.root];
  const title = trace.title || `${trace.flowed ? "The backward pass" : "The forward pass"} of ${clipped(root.name, 60)}`;
  document.title = at("title").textContent = title;
  const { values, edges } = trace.collapsed || { values: trace.nodes.length, edges: trace.edges.length };
  at("about").textContent = `${plural(values, "Value", "Values")}, ${plural(edges, "edge", "edges")}`;
  at("notice").textContent = notices().join(" ");
  at("notice").hidden = !at("notice").textContent;
  at("backward").hidden = !trace.flowed;
  at("slider").max = forwardSteps + backwardSteps - 1;
  at("forward").style.flexGrow = Math.max(forwardSteps - 1, 0.5);
  at("backward").style.flexGrow = backwardSteps;
  const clicks = {
    first: STEPS.Home, back: STEPS.ArrowLeft, play, next: STEPS.ArrowRight, last: STEPS.End,
    closer: LETTERS["+"], farther: LETTERS["-"], whole: () => diagram.fit(),
    theme: toggleTheme, keys: LETTERS["?"], close: () => at("help").close(),
  };
  for (const [id, action] of Object.entries(clicks)) at(id).addEventListener("click", action);
  at("slider").addEventListener("input", () => stepTo(Number(at("slider").value)));
  at("search").addEventListener("input", search);
  at("search").addEventListener("keydown", (event) => event.key === "Enter" && nextMatch());
  diagram.boxes.forEach((box, k) => box.group.addEventListener("keydown", (event) => boxKey(event, k)));
  addEventListener("keydown", key);
  at("diagram").classList.toggle("crowded", Boolean(trace.crowded));
  listenToPointer(at("diagram"));
  system.addEventListener("change", paint);
  paint();
  focus(trace.root, false);
  chooseNothing();
  diagram.fit(true);
  go(position);
  new ResizeObserver(() => diagram.touched || diagram.fit(true)).observe(at("diagram"));
}

begin();
