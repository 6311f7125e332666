/* Relative errors, estimators by manifolds: a column for each truth level. */
const MOST_NUMBERS = 24;
const heatmap = (target) => {
  const columns = manifolds.flatMap((one, manifold) => one.truths.map((truth) => ({ manifold, truth })));
  const order = estimators.map((_, place) => place).filter((place) => ofEstimator[place].length)
    .sort((a, b) => (estimators[a].rank ?? Infinity) - (estimators[b].rank ?? Infinity));
  const found = new Map(pairs.manifold.map((manifold, i) => [`${manifold} ${pairs.estimator[i]}`, i]));
  const cell = (estimator, { manifold, truth }) => {
    const i = found.get(`${manifold} ${estimator}`);
    if (i === undefined) return { z: null, text: NONE };
    const level = pairs.levels[i].find(([of]) => of === truth);
    if (!pairs.ok[i] || !level || !truth) return { z: null, text: pairs.status[i] === "not applicable" ? "n/a" : "failed" };
    const z = (level[1] - truth) / truth;
    const whole = Math.round(100 * z);
    const missing = pairs.ok[i] < pairs.planned[i] ? "*" : "";
    return { z, text: `${whole > 0 ? "+" : whole < 0 ? "−" : ""}${Math.abs(whole)}${missing}` };
  };
  const rows = order.map((estimator) => columns.map((column) => cell(estimator, column)));
  const across = columns.map(({ manifold, truth }) => `${label(manifolds[manifold].label)}, d = ${truth}`);
  const down = order.map((estimator) => label(estimators[estimator].label));
  const numbers = columns.length <= MOST_NUMBERS && !narrow.matches;
  const empty = rows.flatMap((row, y) => row.flatMap(({ z, text }, x) => (z === null ? [{ x: across[x], y: down[y], text }] : [])));
  return {
    traces: [
      {
        type: "heatmap", x: across, y: down, z: rows.map((row) => row.map(({ z }) => z)),
        zmin: -1, zmax: 1, xgap: 1, ygap: 1, hoverongaps: false,
        colorscale: [[0, "#2166ac"], [0.5, css("--card")], [1, "#b2182b"]],
        text: rows.map((row) => row.map(({ text }) => text)), texttemplate: numbers ? "%{text}" : "",
        textfont: { size: 11 }, hovertemplate: "<b>%{y}</b> on %{x}: %{text} %<extra></extra>",
        colorbar: {
          thickness: 12, outlinewidth: 0, tickvals: [-1, -0.5, 0, 0.5, 1],
          ticktext: ["≤ −100 %", "−50 %", "0", "+50 %", "≥ +100 %"],
        },
        showscale: !narrow.matches,
      },
      {
        x: empty.map((one) => one.x), y: empty.map((one) => one.y), mode: numbers ? "text" : "markers",
        text: empty.map((one) => one.text), hovertext: empty.map((one) => `${one.y} on ${one.x}: ${one.text}`),
        hoverinfo: "text", showlegend: false,
        textfont: { size: 10, color: empty.map((one) => css(one.text === "failed" ? "--bad" : "--quiet")) },
        marker: { size: 5, symbol: "x", color: empty.map((one) => css(one.text === "failed" ? "--bad" : "--line")) },
      },
    ],
    height: Math.max(280, 130 + 24 * order.length),
    layout: {
      xaxis: { type: "category", tickangle: -40, showgrid: false, categoryorder: "array", categoryarray: across },
      yaxis: { type: "category", autorange: "reversed", showgrid: false, categoryorder: "array", categoryarray: down, dtick: 1 },
    },
  };
};
