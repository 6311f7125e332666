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
