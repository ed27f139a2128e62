// All paths from a Value to the root, and the product of the partials along each.
// Their sum is the gradient: Nielsen, "Neural Networks and Deep Learning", eq. 53.

/**
 * For every Value from which a derivative flows to the root: how many paths there are,
 * what their products add up to, and the strongest of them.
 *
 * A path is { product, edge, rest }: its first edge, and the path on from there.  The
 * strongest paths of a Value begin with the strongest paths of its results, so one
 * pass from the root finds them all, without walking every path: there can be more
 * than there are atoms.  Products are multiplied starting at the root, as backward() does.
 */
function allPaths(trace, most) {
  const { nodes, edges, root } = trace;
  const paths = nodes.map(() => ({ count: 0n, sum: 0, strongest: [] }));
  const seed = nodes[root].grad;
  paths[root] = { count: 1n, sum: seed, strongest: [{ product: seed, edge: null, rest: null }] };
  for (let v = nodes.length - 1; v >= 0; v--) {
    if (v === root) continue;
    const here = paths[v];
    const candidates = [];
    for (const edge of nodes[v].uses) {
      const beyond = paths[edge.result];
      if (edge.blocked) continue;
      here.count += beyond.count;
      here.sum += times(edge.partial, beyond.sum);
      for (const rest of beyond.strongest) {
        candidates.push({ product: times(edge.partial, rest.product), edge, rest });
      }
    }
    candidates.sort((a, b) => size(b.product) - size(a.product));
    here.strongest = candidates.slice(0, most);
  }
  return paths;
}

/** As backward() multiplies: what C does not depend on passes nothing on, not even 0 × inf. */
function times(partial, upstream) {
  return upstream === 0 ? 0 : partial * upstream;
}

function size(product) {
  return Number.isNaN(product) ? Number.MAX_VALUE : Math.min(Math.abs(product), Number.MAX_VALUE);
}

/** The edges of a path, from the Value to the root. */
function edgesOf(path) {
  const edges = [];
  for (let rest = path; rest.edge; rest = rest.rest) edges.push(rest.edge);
  return edges;
}
