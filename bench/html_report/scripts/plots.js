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

/* Plots are drawn when they come near the window, before printing, and again when the colours or
   the width change. */
const drawn = new Map();
const waiting = new Map();
const drawNow = (target, make) => {
  drawn.set(target, make);
  const { traces, height, layout } = make(target);
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
  // Plotly fits a plot to its place after the paper was laid out, which is too late.
  Object.assign(whole, { width: target.clientWidth, height });
  Plotly.react(target, traces, whole, { displayModeBar: false });
  target.dataset.drawn = "yes";
  performance.mark("plot");
};
const draw = async (target, make) => {
  await library("plot-library");
  drawNow(target, make);
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
const redraw = () => drawn.forEach((make, target) => drawNow(target, make));
dark.addEventListener("change", redraw);
narrow.addEventListener("change", redraw);
let width = innerWidth, resized = 0;
addEventListener("resize", () => {
  clearTimeout(resized);
  resized = setTimeout(() => {
    if (innerWidth !== width) redraw();
    width = innerWidth;
  }, 200);
});
/* On paper all is light, and all is there. */
addEventListener("beforeprint", () => {
  if (!window.Plotly) return;
  document.documentElement.classList.add("printing");
  waiting.forEach((make, target) => { seen.unobserve(target); drawn.set(target, make); });
  waiting.clear();
  redraw();
});
addEventListener("afterprint", () => {
  if (!document.documentElement.classList.contains("printing")) return;
  document.documentElement.classList.remove("printing");
  redraw();
});
/* A logarithmic axis between two numbers, its ticks plain numbers: as few as tell the scale. */
const STEPS = [[1], [1, 2, 5], [1, 1.5, 2, 3, 5, 7], [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 4, 5, 6, 7, 8, 9]];
const logAxis = (low, high, unit = "") => {
  let ticks = [];
  for (const steps of STEPS) {
    const finer = [];
    for (let power = -9; power < 10; power += 1) {
      for (const step of steps) {
        const tick = Number(`${step}e${power}`);
        if (tick >= low && tick <= high) finer.push(tick);
      }
    }
    if (ticks.length >= 4 || (ticks.length > 1 && finer.length > 10)) break;
    ticks = finer;
  }
  return {
    type: "log", range: [Math.log10(low), Math.log10(high)], tickmode: "array",
    tickvals: ticks, ticktext: ticks.map((tick) => `${tick}${unit}`), minor: { ticks: "" },
  };
};
/* Plotly reads a little HTML in its labels. */
const label = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
