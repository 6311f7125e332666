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
    error.style.background = `linear-gradient(var(--bar), var(--bar)) 0 0 / ${part}% 100% no-repeat`;
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
    ...cells.numbers.map((column) => column.values[i]),
    (cells.run[i] ? "[earlier run] " : "") + cells.notes[cells.note[i]],
  ]);
  const whole = (value) => value ?? NONE;
  const units = { s: seconds, MiB: (value) => (value === null ? NONE : value.toFixed(0)) };
  const table = $("#cells-table").DataTable({
    ...TABLE, data: rows, deferRender: true, pageLength: 25, order: [],
    columns: [
      text("Manifold"), text("Estimator"), numeric("n", whole), numeric("Seed", whole),
      text("Status"), numeric("Truth", whole), numeric("Estimate", number),
      numeric("Relative error", percent),
      ...cells.numbers.map((column) => numeric(column.label, units[column.unit] ?? number)),
      text("Message"),
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
