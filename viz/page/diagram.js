// The graph as SVG: its boxes and arrows at a step, and the window through which one
// looks at them.

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

  /** All of it, or if that would be too small to read, a readable part at the root. */
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

  shift(nodes, axis, offset, length) {
    const margin = 16;
    const ends = nodes.flatMap((n) => [n.at[axis] - n.size[axis] / 2, n.at[axis] + n.size[axis] / 2]);
    const low = Math.min(...ends) * this.view.k + offset;
    const high = Math.max(...ends) * this.view.k + offset;
    if (high - low > length - 2 * margin) {
      const someSeen = low < length - 60 && high > 60;
      return someSeen ? 0 : length / 2 - (low + high) / 2;
    }
    if (low < margin) return margin - low;
    return high > length - margin ? length - margin - high : 0;
  }
}
