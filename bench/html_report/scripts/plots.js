/* The libraries are in the page, compressed. */
const unpacked = {};
const library = (id) => {
  unpacked[id] ??= (async () => {
    const packed = Uint8Array.from(atob(at(id).textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
  })();
  return unpacked[id];
};

/* Plots are drawn when they come near the window, and again when the colours change. */
const drawn = new Map();
const waiting = new Map();
const draw = async (target, make) => {
  drawn.set(target, make);
  await library("plot-library");
  const { traces, height, layout } = make();
  // Of the element, not of the layout: a plot that fits its window again keeps it.
  target.style.height = `${height}px`;
  const axis = {
    gridcolor: css("--grid"), zerolinecolor: css("--grid"), linecolor: css("--line"),
    automargin: true,
  };
  const whole = {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12.5, color: css("--ink") },
    hoverlabel: { bgcolor: css("--card"), bordercolor: css("--line"), font: { color: css("--ink") } },
    margin: { l: 56, r: 16, t: 20, b: 48 },
    ...layout,
    xaxis: { ...axis, ...layout.xaxis },
    yaxis: { ...axis, ...layout.yaxis },
  };
  await Plotly.react(target, traces, whole, {
    responsive: true, displayModeBar: false,
  });
  target.dataset.drawn = "yes";
  performance.mark("plot");
};
const seen = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      const make = waiting.get(entry.target);
      waiting.delete(entry.target);
      if (make) draw(entry.target, make);
    }
  },
  { rootMargin: "300px" },
);
const plot = (target, make) => {
  if (drawn.has(target)) {
    draw(target, make);
  } else {
    waiting.set(target, make);
    seen.observe(target);
  }
};
const redraw = () => drawn.forEach((make, target) => draw(target, make));
dark.addEventListener("change", redraw);
narrow.addEventListener("change", redraw);
/* Plotly reads a little HTML in its labels. */
const label = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
