// What stands beside the diagram: a Value's chain rule, and its paths to the root.

/** What the page says before a Value is chosen. */
function legend(trace) {
  return [
    make("h2", {}, "How to read it"),
    make("p", {}, invitation(trace)),
    make("ul", { class: "legend" },
      ...legendLines(trace).map(([sign, text]) => make("li", {}, make("b", { "aria-hidden": "true" }, sign), make("span", {}, text)))),
  ];
}

function invitation(trace) {
  if (trace.collapsed) return "Step through the graph, or choose a box to see what flows between it and others.";
  return `Step through the graph, or choose a Value to see ${trace.flowed ? "its chain rule and all its paths" : "where it goes"}.`;
}

function legendLines(trace) {
  if (!trace.flowed) {
    return trace.collapsed
      ? [["n", "Every arrow shows how many edges it stands for."]]
      : [["×", "Every arrow shows the partial: how much the result moves with the operand."]];
  }
  const arrows = trace.collapsed
    ? [
        ["→", "Every arrow shows what flows along all its edges together. What arrives at a box adds up to the number in it."],
        ["n", "Before that it shows how many edges it stands for."],
      ]
    : [
        ["→", "Every arrow shows what flows along it: partial × gradient of the result. What arrives at a box adds up to its grad."],
        ["×", "Before that it shows the partial: how much the result moves with the operand."],
      ];
  return [
    ...arrows,
    ["+", "Blue, with a plus: C grows with it."],
    [MINUS, "Orange, with a minus and a hollow arrowhead: C shrinks with it."],
    ["0", "Dashed grey, ending in a bar: exactly zero, nothing flows."],
    ["▬", "The wider, the stronger, on a logarithmic scale: the thinnest is a thousandth of the widest, or less."],
  ];
}

/** All that the panel says of a Value.  `choose(k)` shows another, `follow(path)` one path. */
function described(trace, k, paths, choose, follow) {
  const node = trace.nodes[k];
  if (trace.collapsed) return describedGroup(trace, k, choose);
  const parts = [
    make("h2", {}, node.name),
    make("p", { class: "facts" }, node.op ? formula(trace, node) : node.constant ? "a constant" : "a leaf"),
    ...(node.scope ? [make("p", { class: "facts" }, `in ${node.scope}`)] : []),
    make("p", { class: "facts" }, "data ", figure(node.data, long(node.data))),
  ];
  if (!trace.flowed) return [...parts, make("h3", {}, "Where it goes"), uses(trace, k, choose)];
  if (node.constant) return [...parts, make("p", {}, "No gradient flows to a constant.")];
  const rule = chainRule(trace, k, choose);
  if (k === trace.root) return [...parts, ...rule];
  return [...parts, ...rule, ...pathList(trace, k, paths, follow)];
}

function formula(trace, node) {
  const names = node.operands.map((k) => trace.nodes[k].name);
  return names.length ? `${node.op}, of ${[...new Set(names)].join(", ")}` : node.op;
}

function d(name) {
  return `∂C/∂${name}`;
}

function uses(trace, k, choose) {
  const node = trace.nodes[k];
  if (!node.uses.length) return make("p", {}, "This is the last Value.");
  return make("ol", { class: "rule" }, ...node.uses.map((edge) => make("li", {},
    make("span", { class: "via" }, "into ", link(trace, edge.result, choose), ", with the partial "),
    make("span", { class: "sum" }, `∂${trace.nodes[edge.result].name}/∂${node.name} = `, figure(edge.partial, long(edge.partial))))));
}

function link(trace, k, choose) {
  const button = make("button", { type: "button", class: "link" }, trace.nodes[k].name);
  button.addEventListener("click", () => choose(k));
  return button;
}

// ── groups ────────────────────────────────────────────────────────────────────

/** What the panel says of a box of a collapsed graph. */
function describedGroup(trace, k, choose) {
  const node = trace.nodes[k];
  const parts = [make("h2", {}, node.name)];
  if (node.group) {
    const { values, leaves, norm } = node.group;
    const own = leaves ? `, of them ${plural(leaves, "leaf", "leaves")}` : "";
    parts.push(make("p", { class: "facts" }, `${plural(values, "Value", "Values")}${own}`));
    if (node.op) parts.push(make("p", { class: "facts" }, `computed in it: ${node.op}`));
    if (trace.flowed && leaves) parts.push(make("p", {}, "Norm of ∂C/∂w over its leaves: ", figure(norm, long(norm))));
  } else {
    parts.push(make("p", { class: "facts" }, "data ", figure(node.data, long(node.data))));
    if (trace.flowed) parts.push(make("p", { class: "sum" }, `${d(node.name)} = `, figure(node.grad, long(node.grad))));
  }
  if (!node.uses.length) return parts;
  parts.push(make("h3", {}, trace.flowed ? "What arrives in it" : "Where it goes"), arrivals(trace, node, choose));
  parts.push(make("p", {}, "Chain rules and paths belong to single Values: a page shows them for graphs of up to 300."));
  return parts;
}

function arrivals(trace, node, choose) {
  let total = 0;
  return make("ol", { class: "rule" }, ...[...node.uses].reverse().map((bundle) => {
    const edges = plural(bundle.edges, "edge", "edges");
    if (!trace.flowed) return make("li", {}, "into ", link(trace, bundle.result, choose), ` along ${edges}`);
    total += bundle.flow;
    return make("li", {},
      make("span", { class: "sum" }, "+= ", figure(bundle.flow, long(bundle.flow)), " → ", make("b", {}, figure(total, long(total)))),
      make("span", { class: "via" }, "from ", link(trace, bundle.result, choose),
        ` along ${edges}; without their signs `, figure(bundle.sizes, long(bundle.sizes))));
  }));
}

// ── the chain rule ────────────────────────────────────────────────────────────

function chainRule(trace, k, choose) {
  const node = trace.nodes[k];
  const heading = make("h3", {}, "Its chain rule");
  if (k === trace.root) {
    return [heading, make("p", { class: "sum" }, `${d(node.name)} = `, figure(node.grad, long(node.grad))),
      make("p", {}, "Here the backward pass begins.")];
  }
  let total = 0;
  const steps = [...node.uses].reverse().map((edge) => { // in the order of backward()
    total += edge.flow;
    const z = trace.nodes[edge.result];
    return make("li", {},
      make("span", { class: "sum" }, `${d(node.name)} += `, figure(edge.partial, long(edge.partial)), " × ",
        figure(z.grad, long(z.grad)), " ",
        make("span", { class: "whole" }, "= ", figure(edge.flow, long(edge.flow)), " → ",
          make("b", {}, figure(total, long(total))))),
      make("span", { class: "via" }, "through ", link(trace, edge.result, choose),
        ` (${z.op}): ∂${z.name}/∂${node.name} × ${d(z.name)}`,
        edge.blocked ? "; no derivative is sent along this edge" : ""));
  });
  const rest = [make("ol", { class: "rule" }, ...steps)];
  if (node.elsewhere) {
    rest.push(make("p", {}, "* Its grad is ", figure(node.grad, long(node.grad)),
      ", not what arrives here: it was set or cleared, or holds another backward() too."));
  }
  return [heading, ...rest];
}

// ── paths ─────────────────────────────────────────────────────────────────────

function pathList(trace, k, paths, follow) {
  const node = trace.nodes[k];
  const { count: all, strongest, sum } = paths[k];
  const from = `from ${node.name} to ${trace.nodes[trace.root].name}`;
  if (all === 0n) return [make("h3", {}, "Its paths"), make("p", {}, `No path ${from} carries a derivative.`)];
  const complete = all === BigInt(strongest.length);
  const shown = strongest.reduce((partSum, path) => partSum + path.product, 0);
  const heading = complete
    ? `${all === 1n ? "The one path" : `All ${plural(all, "path", "paths")}`} ${from}`
    : `The strongest ${strongest.length} of ${count(all)} paths ${from}`;
  const total = complete
    ? [all === 1n ? "Its product: " : "The products add up to ", figure(shown, long(shown)), ` = ${d(node.name)}`]
    : ["Their products add up to ", figure(shown, long(shown)), ...share(shown, sum), ` of ${d(node.name)} = `, figure(sum, long(sum))];
  return [
    make("h3", {}, heading),
    make("p", { id: "path-sum" }, ...total),
    make("ol", { class: "paths" }, ...strongest.map((path) => make("li", {}, pathButton(trace, node, path, follow)))),
  ];
}

function share(shown, sum) {
  const part = shown / sum;
  if (!Number.isFinite(part)) return [","];
  return [`, ${Number((100 * part).toPrecision(3))} %`.replace("-", MINUS)];
}

function pathButton(trace, node, path, follow) {
  const edges = edgesOf(path);
  const names = [node.name, ...edges.map((edge) => trace.nodes[edge.result].name)];
  const seed = trace.nodes[trace.root].grad;
  const factors = [...edges.map((edge) => edge.partial), ...(seed === 1 ? [] : [seed])];
  const button = make("button", { type: "button", class: "path", "aria-pressed": "false" },
    make("span", { class: "way" }, names.join(" → ")),
    make("span", { class: "sum" }, factors.map(long).join(" × "), " ",
      make("span", { class: "whole" }, "= ", make("b", {}, figure(path.product, long(path.product))))));
  button.addEventListener("click", () => follow(path, button));
  return button;
}
