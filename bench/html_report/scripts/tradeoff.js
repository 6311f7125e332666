/* Pairs of a manifold and an estimator, found from either. */
const ofManifold = manifolds.map(() => []);
const ofEstimator = estimators.map(() => []);
pairs.manifold.forEach((manifold, i) => {
  ofManifold[manifold].push(i);
  ofEstimator[pairs.estimator[i]].push(i);
});
const rankOf = (i) => estimators[pairs.estimator[i]].rank ?? Infinity;
ofManifold.forEach((own) => own.sort((a, b) => rankOf(a) - rankOf(b)));

/* Accuracy against runtime. */
const frontier = (points) => {
  let best = Infinity;
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  return sorted.filter((point) => point.y < best && ((best = point.y), true));
};
/* The points whose names find room, those on the frontier first. */
const namesThatFit = (points, best) => {
  const [wide, high, room] = narrow.matches ? [240, 260, 10] : [1000, 420, 40];
  const scale = (values, size) => {
    const logs = values.map(Math.log);
    const low = Math.min(...logs);
    const span = Math.max(...logs) - low || 1;
    return (value) => ((Math.log(value) - low) / span) * size;
  };
  const across = scale(points.map((p) => p.x), wide);
  const up = scale(points.map((p) => p.shown), high);
  const taken = points.map((p) => [across(p.x) - 7, across(p.x) + 7, up(p.shown) - 7, up(p.shown) + 7]);
  const order = new Set([...best, ...[...points].sort((a, b) => a.y - b.y)]);
  const named = new Map();
  for (const point of order) {
    const long = 7 * point.one.label.length;
    const [x, y] = [across(point.x), up(point.shown)];
    const boxes = {
      "top center": [x - long / 2, x + long / 2, y + 8, y + 22],
      "bottom center": [x - long / 2, x + long / 2, y - 22, y - 8],
      "middle right": [x + 9, x + 9 + long, y - 6, y + 6],
      "middle left": [x - 9 - long, x - 9, y - 6, y + 6],
    };
    for (const [position, box] of Object.entries(boxes)) {
      const meets = (other) =>
        box[0] < other[1] && other[0] < box[1] && box[2] < other[3] && other[2] < box[3];
      if (box[0] < -room || box[1] > wide + room || taken.some(meets)) continue;
      taken.push(box);
      named.set(point, position);
      break;
    }
  }
  return named;
};
const tradeoff = (manifold) => () => {
  const points = (manifold === ""
    ? estimators.map((one) => ({ one, x: one.seconds, y: one.error }))
    : ofManifold[manifold].map((i) => ({
        one: estimators[pairs.estimator[i]], x: pairs.seconds[i], y: pairs.error[i],
      }))
  ).filter((point) => point.x !== null && point.y !== null);
  points.forEach((point) => {
    point.x = Math.max(point.x, 0.001);
    point.shown = 100 * Math.max(point.y, 0.0005);
  });
  const best = frontier(points);
  const traces = [{
    x: best.map((p) => p.x), y: best.map((p) => p.shown), mode: "lines", hoverinfo: "skip",
    line: { color: css("--quiet"), width: 1.5, dash: "dot" }, showlegend: false,
  }];
  const families = [...new Set(points.map((p) => p.one.family))].sort();
  const named = namesThatFit(points, best);
  for (const family of families) {
    const own = points.filter((p) => p.one.family === family);
    const place = familyPlace(family);
    traces.push({
      x: own.map((p) => p.x), y: own.map((p) => p.shown), name: label(family),
      mode: "markers+text", text: own.map((p) => (named.has(p) ? label(p.one.label) : "")),
      textposition: own.map((p) => named.get(p) ?? "top center"),
      textfont: { size: 11, color: css("--quiet") }, cliponaxis: false,
      hovertext: own.map((p) =>
        `<b>${label(p.one.label)}</b><br>error ${percent(p.y)}<br>${seconds(p.x)} s`),
      hoverinfo: "text",
      marker: {
        color: css(`--family-${place}`), symbol: SYMBOLS[place], size: place === 3 ? 14 : 11,
        line: { color: css("--card"), width: 1 },
      },
    });
  }
  return {
    traces,
    height: narrow.matches ? 460 : 540,
    layout: {
      hovermode: "closest",
      legend: { orientation: "h", y: narrow.matches ? -0.24 : -0.16, yanchor: "top" },
      xaxis: { type: "log", title: { text: "median seconds of a fit" }, dtick: 1, ticksuffix: " s" },
      yaxis: { type: "log", title: { text: "relative error" }, ticksuffix: " %", dtick: 1 },
    },
  };
};
