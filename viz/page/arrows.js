// An arrow as SVG: how it is drawn, and what it looks like at a step.

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
  const marked = ["path", "chosen"].filter((name) => arrow.group.classList.contains(name));
  arrow.group.classList.value = ["edge", state, sign, ...marked].join(" ");
  arrow.label.classList.value = ["edge-label", state, sign, ...marked].join(" ");
  arrow.label.textContent = state === "waiting" ? "" : flowing ? short(edge.flow) : beforehand(edge);
  const width = flowing ? 0.8 + 4.2 * edge.s : 1;
  arrow.line.style.strokeWidth = `${width.toFixed(2)}px`;
  // For its animation an arrow is 1 long; its dashes are in points.
  if (state.endsWith("now")) arrow.line.setAttribute("pathLength", 1);
  else arrow.line.removeAttribute("pathLength");
  place(arrow, edge, flowing, width);
}

/** What stands on an arrow before a gradient has flowed. */
function beforehand(edge) {
  return edge.edges ? count(edge.edges) : `×${unsigned(short(edge.partial))}`;
}

/** The line ends where the arrowhead begins, and reaches the box at its other end. */
function place(arrow, edge, flowing, width) {
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

/** An arrowhead; where nothing flows a bar, as the end of a dead branch. */
function headAt(tip, base, width, flow) {
  const [dx, dy] = [tip[0] - base[0], tip[1] - base[1]];
  const long = Math.hypot(dx, dy) || 1;
  const wide = Math.max(3.2, 0.9 * width + 1);
  const [nx, ny] = [(-dy / long) * wide, (dx / long) * wide];
  const corner = (s, p) => `${(p[0] + s * nx).toFixed(1)},${(p[1] + s * ny).toFixed(1)}`;
  if (flow === 0) return `M${corner(1, base)}L${corner(-1, base)}M${base}L${tip}`;
  return `M${tip}L${corner(1, base)}L${corner(-1, base)}Z`;
}
