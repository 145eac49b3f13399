"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const list = document.getElementById("list");
const count = document.getElementById("count");
const more = document.getElementById("more");
const search = document.getElementById("search");
const filters = [...document.querySelectorAll("select")];
const STEP = 100;
let found = [];
let shown = 0;

function make(tag, text, className) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
}
function names(all, total, noun) {
  if (total === 1) return all[0];
  const rest = total - Math.min(3, all.length);
  return `${total.toLocaleString("en")} ${noun} (${all.slice(0, 3).join(", ")}${rest ? ` and ${rest.toLocaleString("en")} more` : ""})`;
}
function frame(key) {
  const lines = data.frames[key];
  if (!lines) return null;
  const pre = make("pre");
  for (const [number, text, hit] of lines) pre.append(make("span", `${String(number).padStart(5)} │ ${text}`, hit ? "hit" : ""));
  return pre;
}
function hopItem(hop) {
  const item = make("li");
  item.append(make("div", `${hop.from} → ${hop.to}${hop.delegate ? " (as a delegate only)" : ""}`));
  const certain = hop.certainty === "certain" ? "" : `, ${hop.certainty}`;
  item.append(make("div", `${hop.title} (${hop.method}${certain})`, "dim"));
  for (const reason of hop.reasons) item.append(make("div", hop.state === "closed" ? reason : `not certain: ${reason}`, "reason"));
  for (const grant of hop.grants) {
    item.append(make("div", grant.text));
    item.append(make("code", grant.at));
    const source = frame(grant.at);
    if (source) item.append(source);
  }
  if (hop.through) item.append(make("div", hop.through));
  return item;
}
function body(group) {
  const box = make("div", undefined, "body");
  if (group.powers.length) box.append(make("div", `The account at the end has ${group.powers.join(", ")}.`));
  for (const reason of group.reasons) box.append(make("div", `not certain: ${reason}`, "reason"));
  if (group.total > 1) {
    box.append(make("div", `${group.total.toLocaleString("en")} paths are alike. This is the first:`, "dim"));
  }
  const hops = make("ol");
  for (const hop of group.hops) hops.append(hopItem(hop));
  box.append(hops);
  if (group.hidden) box.append(make("div", `${group.hidden} more hops are not shown.`, "dim"));
  for (const [title, all, total] of [["Starts", group.sources, group.source_total], ["Ends", group.targets, group.target_total]]) {
    if (total < 2) continue;
    const fold = make("details");
    fold.append(make("summary", `${title}: ${total.toLocaleString("en")}`));
    const inner = make("div", undefined, "body");
    for (const name of all) inner.append(make("div", name));
    if (total > all.length) inner.append(make("div", `and ${total - all.length} more`, "dim"));
    fold.append(inner);
    box.append(fold);
  }
  return box;
}
function entry(group) {
  const fold = make("details");
  const head = make("summary");
  head.append(make("span", group.state, group.state), make("span", ` ${group.severity}: `, "dim"));
  head.append(make("span", `${names(group.sources, group.source_total, "principals")} → ${names(group.targets, group.target_total, "accounts")}`));
  fold.append(head);
  fold.addEventListener("toggle", () => { if (fold.open && fold.children.length === 1) fold.append(body(group)); });
  return fold;
}
function extend(until) {
  const part = document.createDocumentFragment();
  for (; shown < Math.min(until, found.length); shown++) part.append(entry(found[shown]));
  list.append(part);
  more.hidden = shown >= found.length;
}
function text(group) {
  group.text ??= JSON.stringify([group.sources, group.targets, group.powers, group.hops]).toLowerCase();
  return group.text;
}
function update() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  found = data.groups.filter(group =>
    filters.every(one => !one.value || group[one.name] === one.value) && words.every(word => text(group).includes(word)));
  list.replaceChildren();
  shown = 0;
  extend(STEP);
  const paths = found.reduce((sum, group) => sum + group.total, 0);
  count.textContent = `${paths.toLocaleString("en")} paths in ${found.length.toLocaleString("en")} groups`;
}
for (const one of filters) {
  for (const value of [...new Set(data.groups.map(group => group[one.name]))].sort()) {
    const option = make("option", value);
    option.value = value;
    one.append(option);
  }
  one.addEventListener("change", update);
}
let waiting;
search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(update, 120); });
document.querySelector("form").addEventListener("submit", event => event.preventDefault());
document.addEventListener("keydown", event => {
  if (event.key === "/" && document.activeElement !== search) { event.preventDefault(); search.focus(); }
  if (event.key === "Escape" && document.activeElement === search) { search.value = ""; update(); }
});
more.addEventListener("click", () => extend(shown + STEP));
window.addEventListener("beforeprint", () => { extend(found.length); for (const one of list.children) one.open = true; });
update();
