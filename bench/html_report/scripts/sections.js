/* One manifold, one estimator. */
const estimate = (i) => {
  if (!pairs.ok[i]) return pairs.status[i];
  const digits = pairs.levels[i].length > 1 ? 1 : 2;
  return pairs.levels[i].map(([, mean, half]) => {
    if (half === null) return number(mean, digits);
    if (half === 0) {
      const alike = Number.isInteger(mean) ? mean : number(mean, digits);
      return `${alike} (${pairs.ok[i]} of ${pairs.planned[i]} seeds)`;
    }
    const reach = number(half, digits);
    return `${number(mean, digits)} ±${Number(reach) === 0 ? `<${10 ** -digits}` : reach}`;
  }).join(" | ");
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
        xaxis: { ...logAxis(low, high), title: { text: "true dimension" } },
        yaxis: { ...logAxis(low, high), title: { text: "estimated dimension" } },
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
