/* Spectra. */
const spectrum = (panel) => () => {
  const index = Array.from({ length: panel.ambient }, (_, i) => i + 1);
  const traces = [];
  const shapes = [];
  panel.levels.forEach((level, order) => {
    const colour = css(`--family-${order % 5}`);
    level.lines.forEach((y) => traces.push({
      x: index, y, mode: "lines", line: { color: colour, width: 0.7 }, opacity: 0.35,
      hoverinfo: "skip", showlegend: false,
    }));
    traces.push({
      x: index, y: level.median, mode: "lines", line: { color: colour, width: 2.5 },
      showlegend: false, hovertemplate: "index %{x}: %{y:.3f}<extra></extra>",
    });
    if (level.truth !== null) {
      const gap = panel.ambient - level.truth + 0.5;
      shapes.push({ type: "line", x0: gap, x1: gap, yref: "paper", y0: 0, y1: 1,
        opacity: 0.35, line: { color: colour, width: 7 } });
    }
    const estimate = panel.ambient - level.reading + 0.5;
    shapes.push({ type: "line", x0: estimate, x1: estimate, yref: "paper", y0: 0, y1: 1,
      line: { color: css("--ink"), width: 1.3, dash: "dot" } });
  });
  return {
    traces,
    height: 260,
    layout: {
      shapes, margin: { l: 48, r: 10, t: 8, b: 44 },
      xaxis: { title: { text: "index of singular value" }, range: [panel.first - 1, panel.ambient + 1] },
      yaxis: { range: [0, 1.05] },
    },
  };
};
const caption = (panel) => {
  const made = element("figcaption", null);
  made.append(element("strong", panel.title), ` at σ = ${number(panel.sigma, 3)}`);
  panel.levels.forEach((level, order) => {
    const text = level.truth === null ? `estimate ${number(level.reading, 2)}`
      : `d = ${level.truth}, estimate ${number(level.reading, 2)} (${level.agree} of ${level.points} points are right)`;
    const line = element("div", text, { class: "family" });
    line.style.setProperty("--colour", `var(--family-${order % 5})`);
    made.append(line);
  });
  return made;
};
const MOST_PANELS = 12;
const showSpectra = () => {
  const more = at("spectra-more");
  const add = (some) => some.forEach((panel) => {
    const target = element("div", null, { class: "plot", role: "img", "aria-label": `Spectra of ${panel.title}` });
    const figure = document.createElement("figure");
    figure.append(caption(panel), target);
    at("spectra-panels").append(figure);
    plot(target, spectrum(panel));
  });
  add(spectra.slice(0, MOST_PANELS));
  if (spectra.length > MOST_PANELS) {
    more.hidden = false;
    more.textContent = `Show the other ${spectra.length - MOST_PANELS}`;
    more.addEventListener("click", () => { more.hidden = true; add(spectra.slice(MOST_PANELS)); });
  }
};
