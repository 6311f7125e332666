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
if (manifolds.some((one) => one.truths.length)) plot(at("heatmap-plot"), heatmap);
else at("heatmap").remove();
if (spectra.length) showSpectra();
library("table-library").then(async () => {
  leaderboard();
  cellTable();
  performance.mark("tables");
  // Before printing there is no time to wait for it.
  await library("plot-library");
  document.documentElement.classList.add("ready");
});
