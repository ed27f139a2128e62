// What the user does: play, buttons and keys, the pointer, light and dark.

const PAUSE = 1500; // milliseconds between steps while it plays

let timer = null;

function play() {
  if (timer !== null) return pause();
  go(position === lastPosition ? 0 : position + 1);
  timer = setInterval(() => {
    go(position + 1);
    if (position === lastPosition) pause();
  }, PAUSE);
  byId("play").textContent = "Pause";
}

function pause() {
  clearInterval(timer);
  timer = null;
  byId("play").textContent = "Play";
}

function stepTo(to) {
  pause();
  go(to);
}

// ── keys and buttons ──────────────────────────────────────────────────────────

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
  "/": () => byId("search").focus(),
  "+": () => diagram.zoom(1.25),
  "=": () => diagram.zoom(1.25),
  "-": () => diagram.zoom(0.8),
  0: () => diagram.fit(),
  t: () => toggleTheme(),
  "?": () => byId("help").showModal(),
};
const BUTTONS = {
  first: STEPS.Home, back: STEPS.ArrowLeft, play, next: STEPS.ArrowRight, last: STEPS.End,
  closer: LETTERS["+"], farther: LETTERS["-"], whole: LETTERS[0],
  theme: toggleTheme, keys: LETTERS["?"], close: () => byId("help").close(),
};
const MOVES = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };

function listenToControls() {
  for (const [id, action] of Object.entries(BUTTONS)) byId(id).addEventListener("click", action);
  byId("slider").addEventListener("input", () => stepTo(Number(byId("slider").value)));
  byId("search").addEventListener("input", search);
  byId("search").addEventListener("keydown", (event) => event.key === "Enter" && nextMatch());
  diagram.boxes.forEach((box, k) => box.group.addEventListener("keydown", (event) => boxKey(event, k)));
  addEventListener("keydown", key);
  system.addEventListener("change", paint);
}

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
  const target = event.target;
  if (target.id === "search") return;
  if (target.id === "slider" && event.key.startsWith("Arrow")) return; // its own
  const onButton = target.closest("button, [role=button]");
  if (onButton && event.key === " ") return; // presses it
  const letter = byId("letters").checked ? LETTERS[event.key] : undefined;
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

const CLICK = 4; // pixels; who moves further drags

/** One finger or the mouse drags; two fingers zoom. */
function listenToPointer(svg) {
  const down = new Map();
  let dragged = 0;
  svg.addEventListener("pointerdown", (event) => {
    if (down.size === 0) dragged = 0;
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  addEventListener("pointermove", (event) => {
    const from = down.get(event.pointerId);
    if (!from) return;
    const before = down.size === 2 ? pinch(down) : null;
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    dragged += Math.abs(dx) + Math.abs(dy);
    if (before) diagram.zoom(pinch(down).apart / before.apart, before);
    else if (dragged > CLICK) diagram.move(dx, dy);
  });
  for (const name of ["pointerup", "pointercancel"]) addEventListener(name, (event) => down.delete(event.pointerId));
  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    diagram.zoom(Math.exp(-event.deltaY * 0.0015), { x: event.clientX, y: event.clientY });
  }, { passive: false });
  svg.addEventListener("click", (event) => {
    if (dragged > CLICK) return;
    const group = event.target.closest(".node");
    if (group) choose(diagram.boxes.findIndex((box) => box.group === group));
    else chooseNothing();
  });
}

/** How far apart two fingers are, and the middle between them. */
function pinch(down) {
  const [a, b] = [...down.values()];
  return { apart: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

// ── light and dark ────────────────────────────────────────────────────────────

const system = matchMedia("(prefers-color-scheme: dark)");
let darkChosen = null; // what the user asked for, over what the system is set to

function paint() {
  const dark = darkChosen === null ? system.matches : darkChosen;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  byId("theme").textContent = dark ? "Light" : "Dark";
}

function toggleTheme() {
  darkChosen = document.documentElement.dataset.theme !== "dark";
  paint();
}
