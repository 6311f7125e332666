"use strict";
/* Texts from the store reach the page as text nodes alone, never as HTML. */
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { estimators, manifolds, cells, pairs, spectra } = data;
  const at = (id) => document.getElementById(id);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const narrow = matchMedia("(max-width: 800px)");
  const FAMILIES = ["neighbours", "angles", "linear", "score", "topology"];
  const SYMBOLS = ["circle", "square", "diamond", "star", "triangle-up", "x"];
  const familyPlace = (family) => {
    const place = FAMILIES.indexOf(family);
    return place < 0 ? 5 : place;
  };
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  /* Numbers as they are read. */
  const NONE = "–";
  const number = (value, digits = 2) => {
    if (value === null || value === undefined) return NONE;
    const size = Math.abs(value);
    return value.toFixed(size < 100 ? digits : size < 1000 ? 1 : 0);
  };
  const percent = (value) => {
    if (value === null || value === undefined) return NONE;
    return `${(100 * value).toFixed(Math.abs(100 * value) < 9.95 ? 1 : 0)} %`;
  };
  const seconds = (value) => {
    if (value === null || value === undefined) return NONE;
    if (value < 0.01) return "<0.01";
    return value.toFixed(value < 0.995 ? 2 : value < 9.95 ? 1 : 0);
  };

  const element = (tag, text, attributes = {}) => {
    const made = document.createElement(tag);
    if (text !== null) made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };
  const colourFamilies = (root) => {
    for (const chip of root.querySelectorAll("[data-family]")) {
      chip.style.setProperty("--colour", `var(--family-${familyPlace(chip.dataset.family)})`);
    }
  };

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

  /* Leaderboard. */
  const TABLE = {
    layout: { topStart: null, topEnd: null, bottomStart: "info", bottomEnd: "paging" },
    autoWidth: false,
    language: { emptyTable: "no records", zeroRecords: "nothing matches", entries: { _: "rows", 1: "row" } },
  };
  const choose = (table, column, select) => {
    select.addEventListener("change", () => {
      const wanted = select.value;
      const search = wanted === "" ? "" : (value) => String(value) === wanted;
      table.column(column).search(search).draw();
    });
  };
  const leaderboard = () => {
    const $ = benchTables.jQuery;
    const table = $("#leaderboard-table").DataTable({
      ...TABLE, paging: false, order: [[0, "asc"]],
      layout: { topStart: null, topEnd: null, bottomStart: null, bottomEnd: null },
    });
    at("leaderboard-search").addEventListener("input", (event) => {
      table.search(event.target.value).draw();
    });
    choose(table, 3, at("leaderboard-family"));
  };
  const bars = () => {
    for (const error of document.querySelectorAll("[data-part]")) {
      const part = Math.min(100, 100 * Number(error.dataset.part)).toFixed(1);
      error.style.background = `linear-gradient(to right, var(--bar) ${part}%, transparent ${part}%)`;
    }
  };

  /* Cells. */
  const cellTable = () => {
    const $ = benchTables.jQuery;
    const text = (name) => ({ title: name, render: $.fn.dataTable.render.text() });
    const numeric = (name, say) => ({
      title: name, type: "num", className: "number",
      render: (value, kind) => {
        if (kind === "display") return say(value);
        if (kind === "filter") return value ?? "";
        return value ?? Infinity;
      },
    });
    const rows = cells.manifold.map((manifold, i) => [
      manifolds[manifold].label, estimators[cells.estimator[i]].label, cells.n[i], cells.seed[i],
      cells.statuses[cells.status[i]], cells.truth[i], cells.estimate[i],
      cells.error[i] === null || !cells.truth[i] ? null : cells.error[i] / cells.truth[i],
      cells.seconds[i], cells.memory[i],
      (cells.run[i] ? "[earlier run] " : "") + cells.notes[cells.note[i]],
    ]);
    const whole = (value) => value ?? NONE;
    const table = $("#cells-table").DataTable({
      ...TABLE, data: rows, deferRender: true, pageLength: 25, order: [],
      columns: [
        text("Manifold"), text("Estimator"), numeric("n", whole), numeric("Seed", whole),
        text("Status"), numeric("Truth", whole), numeric("Estimate", number),
        numeric("Relative error", percent), numeric("Seconds", seconds),
        numeric("Memory, MiB", (value) => (value === null ? NONE : value.toFixed(0))), text("Message"),
      ],
      createdRow: (row, values) => {
        if (values[4] !== "ok" && values[4] !== "not applicable") row.cells[4].classList.add("bad");
      },
    });
    at("cells-search").addEventListener("input", (event) => table.search(event.target.value).draw());
    const fill = (select, values) => values.forEach((value) => select.add(new Option(value, value)));
    fill(at("cells-manifold"), manifolds.map((one) => one.label));
    fill(at("cells-estimator"), estimators.map((one) => one.label));
    fill(at("cells-status"), cells.statuses);
    choose(table, 0, at("cells-manifold"));
    choose(table, 1, at("cells-estimator"));
    choose(table, 4, at("cells-status"));
  };

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

  /* One manifold, one estimator. */
  const estimate = (i) => {
    if (!pairs.ok[i]) return pairs.status[i];
    const digits = pairs.levels[i].length > 1 ? 1 : 2;
    return pairs.levels[i]
      .map(([, mean, half]) => number(mean, digits) + (half === null ? "" : ` ±${number(half, digits)}`))
      .join(" | ");
  };
  const facts = (list, rows) => {
    list.replaceChildren();
    for (const [name, value, wide] of rows) {
      if (value === "" || value === null || value === undefined) continue;
      const row = element("div", null, wide ? { class: "wide" } : {});
      const told = element("dd", name === "Family" ? null : String(value));
      if (name === "Family") {
        told.append(element("span", value, { class: "family", "data-family": value }));
      }
      row.append(element("dt", name), told);
      list.append(row);
    }
    colourFamilies(list);
  };
  const tableRow = (first, others, bad) => {
    const row = document.createElement("tr");
    row.append(first, ...others.map((text) => element("td", text, { class: "number" })));
    if (bad) row.classList.add("bad");
    return row;
  };
  const link = (text, kind, index) => {
    const cell = element("th", null, { scope: "row" });
    cell.append(element("a", text, { href: `#${kind}s`, [`data-${kind}`]: index }));
    return cell;
  };
  const interval = (levels) => ({
    array: levels.map((level) => level[2] ?? 0), color: css("--quiet"), thickness: 1.2, width: 3,
  });
  const showManifold = (place) => {
    const it = manifolds[place];
    const own = ofManifold[place];
    facts(at("manifold-facts"), [
      ["Intrinsic dimension", it.truth], ["Ambient dimension", it.ambient && `D = ${it.ambient}`],
      ["Sample", it.n && `n = ${it.n}`], ["Manifold", `${it.name}(${it.parameters})`, true],
    ]);
    at("manifold-rows").replaceChildren(...own.map((i) =>
      tableRow(
        link(estimators[pairs.estimator[i]].label, "estimator", pairs.estimator[i]),
        [estimate(i), percent(pairs.error[i]), seconds(pairs.seconds[i]), `${pairs.ok[i]}/${pairs.planned[i]}`],
        !pairs.ok[i] && pairs.status[i] !== "not applicable",
      )));
    plot(at("manifold-plot"), () => {
      const shown = own.flatMap((i) => pairs.levels[i].map((level) => ({ level, i })));
      const names = own.map((i) => label(estimators[pairs.estimator[i]].label));
      const places = shown.map(({ i }) => familyPlace(estimators[pairs.estimator[i]].family));
      return {
        traces: [{
          type: "scatter", mode: "markers", showlegend: false,
          x: shown.map(({ level }) => level[1]),
          y: shown.map(({ i }) => label(estimators[pairs.estimator[i]].label)),
          error_x: interval(shown.map(({ level }) => level)),
          marker: {
            size: 10, color: places.map((p) => css(`--family-${p}`)),
            symbol: places.map((p) => SYMBOLS[p]),
          },
          hovertemplate: "%{y}: %{x:.2f}<extra></extra>",
        }],
        height: Math.max(420, 90 + 28 * names.length),
        layout: {
          margin: { l: 56, r: 16, t: 28, b: 48 },
          xaxis: { title: { text: "estimated dimension" }, rangemode: "tozero" },
          yaxis: { dtick: 1, categoryorder: "array", categoryarray: [...new Set(names)].reverse(), tickfont: { size: 12 } },
          shapes: it.truths.map((truth) => ({
            type: "line", x0: truth, x1: truth, yref: "paper", y0: 0, y1: 1,
            line: { color: css("--accent"), width: 2, dash: "dash" },
          })),
          annotations: it.truths.map((truth) => ({
            x: truth, yref: "paper", y: 1, yanchor: "bottom", showarrow: false,
            text: `d = ${truth}`, font: { color: css("--accent") },
          })),
        },
      };
    });
  };
  const showEstimator = (place) => {
    const it = estimators[place];
    const own = ofEstimator[place];
    facts(at("estimator-facts"), [
      ["Rank", it.rank && `${it.rank} of ${estimators.filter((one) => one.rank).length}`],
      ["Family", it.family], ["Mean relative error", percent(it.error)],
      ["Median seconds", seconds(it.seconds)], ["Estimator", `${it.name}(${it.parameters})`, true],
      ["What it does", it.about, true], ["Source", it.source, true],
      ["Known to fail", it.weakness, true],
    ]);
    at("estimator-rows").replaceChildren(...own.map((i) =>
      tableRow(
        link(manifolds[pairs.manifold[i]].label, "manifold", pairs.manifold[i]),
        [manifolds[pairs.manifold[i]].truths.join(" | ") || "?", estimate(i), percent(pairs.error[i]),
          seconds(pairs.seconds[i]), `${pairs.ok[i]}/${pairs.planned[i]}`],
        !pairs.ok[i] && pairs.status[i] !== "not applicable",
      )));
    plot(at("estimator-plot"), () => {
      const shown = own.flatMap((i) =>
        pairs.levels[i].filter((level) => level[0] > 0 && level[1] > 0).map((level) => ({ level, i })));
      const values = shown.flatMap(({ level }) => [level[0], level[1]]);
      const low = Math.min(1, ...values) / 1.3, high = Math.max(1, ...values) * 1.3;
      const family = familyPlace(it.family);
      return {
        traces: [
          { x: [low, high], y: [low, high], mode: "lines", hoverinfo: "skip",
            line: { color: css("--accent"), width: 1.5, dash: "dash" } },
          { x: shown.map(({ level }) => level[0]), y: shown.map(({ level }) => level[1]),
            error_y: interval(shown.map(({ level }) => level)), mode: "markers",
            hovertext: shown.map(({ level, i }) =>
              `<b>${label(manifolds[pairs.manifold[i]].label)}</b><br>truth ${number(level[0])}<br>estimate ${number(level[1])}`),
            hoverinfo: "text",
            marker: { size: 10, color: css(`--family-${family}`), symbol: SYMBOLS[family] } },
        ],
        height: 420,
        layout: {
          hovermode: "closest", showlegend: false,
          xaxis: { type: "log", title: { text: "true dimension" }, range: [Math.log10(low), Math.log10(high)], dtick: "D2" },
          yaxis: { type: "log", title: { text: "estimated dimension" }, range: [Math.log10(low), Math.log10(high)], dtick: "D2" },
        },
      };
    });
  };
  const chooser = (kind, things, show) => {
    const select = at(`${kind}-select`);
    const [previous, next] = [at(`${kind}-previous`), at(`${kind}-next`)];
    const order = things.map((_, place) => place);
    if (kind === "estimator") {
      order.sort((a, b) => (things[a].rank ?? Infinity) - (things[b].rank ?? Infinity));
    }
    order.forEach((place) => select.add(new Option(things[place].label, place)));
    const go = (place) => {
      select.value = place;
      previous.disabled = select.selectedIndex <= 0;
      next.disabled = select.selectedIndex >= things.length - 1;
      show(Number(place));
    };
    const step = (by) => go(select.options[select.selectedIndex + by].value);
    select.addEventListener("change", () => go(select.value));
    previous.addEventListener("click", () => step(-1));
    next.addEventListener("click", () => step(1));
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.(`a[data-${kind}]`);
      if (link) go(link.dataset[kind]);
    });
    if (things.length) go(order[0]);
    else previous.disabled = next.disabled = true;
  };

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
        const gap = panel.ambient - level.truth;
        shapes.push({ type: "line", x0: gap, x1: gap, yref: "paper", y0: 0, y1: 1,
          opacity: 0.35, line: { color: colour, width: 7 } });
      }
      const reading = panel.ambient - level.reading;
      shapes.push({ type: "line", x0: reading, x1: reading, yref: "paper", y0: 0, y1: 1,
        line: { color: css("--ink"), width: 1.3, dash: "dot" } });
    });
    const far = Math.max(0, ...panel.levels.flatMap((level) => [level.truth ?? 0, level.reading]));
    const first = panel.ambient <= 200 ? 1 : Math.max(1, panel.ambient - Math.max(60, 3 * far));
    return {
      traces,
      height: 260,
      layout: {
        shapes, margin: { l: 48, r: 10, t: 8, b: 44 },
        xaxis: { title: { text: "index of singular value" }, range: [first - 1, panel.ambient + 1] },
        yaxis: { range: [0, 1.05] },
      },
    };
  };
  const caption = (panel) => {
    const made = element("figcaption", null);
    made.append(element("strong", panel.title), ` at σ = ${number(panel.sigma, 3)}`);
    panel.levels.forEach((level, order) => {
      const text = level.truth === null ? `reads ${number(level.reading, 1)}`
        : `d = ${level.truth}, reads ${number(level.reading, 1)} (${level.agree} of ${level.points} points are exact)`;
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

  /* Navigation tells the section that is read. */
  const current = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of document.querySelectorAll("body > nav a")) {
        if (link.hash === `#${entry.target.id}`) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    }
  }, { rootMargin: "-15% 0px -80% 0px" });
  document.querySelectorAll("main > section").forEach((section) => current.observe(section));

  for (const button of document.querySelectorAll(".copy")) {
    if (!navigator.clipboard) { button.remove(); continue; }
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
      button.textContent = "Copied";
    });
  }

  colourFamilies(document);
  bars();
  chooser("manifold", manifolds, showManifold);
  chooser("estimator", estimators, showEstimator);
  const what = at("tradeoff-what");
  manifolds.forEach((one, place) => {
    if (one.truths.length) what.add(new Option(one.label, place));
  });
  what.addEventListener("change", () => plot(at("tradeoff-plot"), tradeoff(what.value)));
  plot(at("tradeoff-plot"), tradeoff(""));
  if (spectra.length) showSpectra();
  library("table-library").then(() => {
    leaderboard();
    cellTable();
    document.documentElement.classList.add("ready");
    requestAnimationFrame(() => performance.mark("tables"));
  });
})();
