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
/* Places of names beside points, clear of each other, of all points and of the front: each in turn
   takes the place that meets least. All in pixels; ``points`` have x, y and the width of a name. */
const WAYS = Array.from({ length: 24 }, (_, k) => [Math.cos((k * Math.PI) / 12), Math.sin((k * Math.PI) / 12)]);
const HIGH = 15;
const common = (one, other) =>
  Math.max(0, Math.min(one[2], other[2]) - Math.max(one[0], other[0])) *
  Math.max(0, Math.min(one[3], other[3]) - Math.max(one[1], other[1]));
const around = (x, y, wide, high) => [x - wide / 2, y - high / 2, x + wide / 2, y + high / 2];
const side = ([ax, ay], [bx, by], [cx, cy]) => Math.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax));
const crosses = (a, b, c, d) => side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
/* Whether a way, as two ends, runs through a box, but for what is near its first end. */
const runsThrough = ([[ax, ay], [bx, by]], box) => [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9].some((part) => {
  const [x, y] = [ax + part * (bx - ax), ay + part * (by - ay)];
  return x > box[0] && x < box[2] && y > box[1] && y < box[3];
});
const namePlaces = (points, front, [wide, high]) => {
  const frame = [0, 0, wide, high];
  const dots = points.map((p) => around(p.x, p.y, 15, 15));
  const steps = front.slice(1).map(([x, y], k) => [
    [front[k][0], front[k][1] - 1, x, front[k][1] + 1],
    [x - 1, Math.min(y, front[k][1]), x + 1, Math.max(y, front[k][1])],
  ]).flat();
  const names = [], ways = [];
  return points.map((point) => {
    let best = null;
    for (const far of [6, 10, 16, 24, 34, 46, 60, 76, 94, 114]) {
      for (const [cos, sin] of WAYS) {
        const [dx, dy] = [cos * (far + point.name / 2), sin * (far + HIGH / 2)];
        const end = [point.x + dx, point.y + dy];
        const box = around(...end, point.name + 4, HIGH);
        const meets = (boxes, weight) => boxes.reduce((sum, other) => sum + weight * common(box, other), 0);
        const cost = Math.hypot(Math.max(Math.abs(dx) - point.name / 2, 0), Math.max(Math.abs(dy) - HIGH / 2, 0))
          + meets(dots, 20) + meets(names, 50) + meets(steps, 5)
          + 50 * ((point.name + 4) * HIGH - common(box, frame))
          + 40 * ways.filter((way) => crosses([point.x, point.y], end, ...way) || runsThrough(way, box)).length
          + 40 * names.filter((name) => runsThrough([[point.x, point.y], end], name)).length;
        if (!best || cost < best.cost) best = { cost, dx, dy, box, end, beside: far < 12 };
      }
    }
    names.push(best.box);
    ways.push([[point.x, point.y], best.end]);
    return best;
  });
};
const measure = document.createElement("canvas").getContext("2d");
const tradeoff = (manifold) => (target) => {
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
  points.sort((a, b) => a.y - b.y);
  // Where the window is narrow the legend has more lines.
  const margin = { l: 68, r: 14, t: 14, b: narrow.matches ? 124 : 92 };
  const height = narrow.matches ? 594 : 560;
  const [times, errors] = [points.map((p) => p.x), points.map((p) => p.shown)];
  const [left, right] = points.length ? [Math.min(...times) / 2.5, Math.max(...times) * 2.5] : [0.1, 10];
  const [bottom, top] = points.length ? [Math.min(...errors) / 1.8, Math.max(...errors) * 1.8] : [1, 100];
  const best = frontier(points);
  const corners = best.length ? [{ x: best[0].x, shown: top }, ...best, { x: right, shown: best.at(-1).shown }] : [];
  const traces = [{
    x: corners.map((p) => p.x), y: corners.map((p) => p.shown), mode: "lines", hoverinfo: "skip",
    line: { color: css("--quiet"), width: 1.5, dash: "dash", shape: "hv" }, name: "Pareto front",
  }];
  const families = [...new Set(points.map((p) => p.one.family))].sort();
  for (const family of families) {
    const own = points.filter((p) => p.one.family === family);
    const place = familyPlace(family);
    traces.push({
      x: own.map((p) => p.x), y: own.map((p) => p.shown), name: label(family), mode: "markers",
      hovertext: own.map((p) =>
        `<b>${label(p.one.label)}</b><br>error ${percent(p.y)}<br>${seconds(p.x)} s`),
      hoverinfo: "text",
      marker: {
        color: css(`--family-${place}`), symbol: SYMBOLS[place], size: place === 3 ? 14 : 11,
        line: { color: css("--card"), width: 1 },
      },
    });
  }
  const size = [target.clientWidth - margin.l - margin.r, height - margin.t - margin.b];
  const across = (x) => (size[0] * Math.log(x / left)) / Math.log(right / left);
  const down = (y) => (size[1] * Math.log(top / y)) / Math.log(top / bottom);
  const font = { family: getComputedStyle(document.body).fontFamily, size: narrow.matches ? 10 : 11, color: css("--quiet") };
  measure.font = `${font.size}px ${font.family}`;
  const places = namePlaces(
    points.map((p) => ({ x: across(p.x), y: down(p.shown), name: measure.measureText(p.one.label).width })),
    corners.map((p) => [across(p.x), down(p.shown)]), size,
  );
  return {
    traces,
    height,
    layout: {
      hovermode: "closest", margin,
      legend: { orientation: "h", yref: "container", y: 0, yanchor: "bottom" },
      annotations: points.map((p, k) => ({
        x: Math.log10(p.x), y: Math.log10(p.shown), ax: places[k].dx, ay: places[k].dy,
        text: label(p.one.label), font, xanchor: "center", yanchor: "middle", showarrow: true, borderpad: 0,
        arrowhead: 0, arrowwidth: 0.8, standoff: 6,
        arrowcolor: places[k].beside ? "rgba(0,0,0,0)" : css("--quiet"),
      })),
      xaxis: { ...logAxis(left, right, " s"), automargin: false, title: { text: "median seconds of a fit", standoff: 8 } },
      yaxis: { ...logAxis(bottom, top, " %"), automargin: false, title: { text: "mean relative error" } },
    },
  };
};
