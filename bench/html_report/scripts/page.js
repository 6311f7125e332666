/* Texts from the store reach the page as text nodes alone, never as HTML. */
const data = JSON.parse(document.getElementById("data").textContent);
const { estimators, manifolds, cells, pairs, spectra } = data;
const at = (id) => document.getElementById(id);
const dark = matchMedia("(prefers-color-scheme: dark)");
const narrow = matchMedia("screen and (max-width: 800px)");
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
