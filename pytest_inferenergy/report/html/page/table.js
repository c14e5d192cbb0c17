
// -- the overview: sort, filter, unfold ------------------------------------------------------
const table = document.getElementById("overview");
const bodies = table ? Array.from(table.tBodies) : [];
const FIRST = { verdict: 1, test: 1, energy: -1, time: -1, power: -1, change: -1, budget: -1 };
let sorting = { key: "verdict", direction: 1 };

function compare(key, direction) {
  return (one, other) => {
    const a = DATA[one.dataset.row].sort[key], b = DATA[other.dataset.row].sort[key];
    const unknown = (a === null) - (b === null);
    if (unknown || a === null) return unknown || one.dataset.row - other.dataset.row;
    const order = typeof a === "string" ? a.localeCompare(b, undefined, { numeric: true }) : a - b;
    return direction * order || one.dataset.row - other.dataset.row;
  };
}

function sort(key, direction) {
  const focused = document.activeElement;
  table.append(...bodies.sort(compare(key, direction)));
  if (table.contains(focused)) focused.focus({ preventScroll: true });
  tellOrder(key, direction);
}

function tellOrder(key, direction) {
  sorting = { key, direction };
  for (const head of table.tHead.rows[0].cells) {
    if (head.dataset.key === key) {
      head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
    } else {
      head.removeAttribute("aria-sort");
    }
  }
  document.getElementById("order").value = key;
}

function filter() {
  const parts = document.getElementById("find").value.toLowerCase().split(/\s+/).filter(Boolean);
  const pressed = new Set(
    Array.from(document.querySelectorAll('.toggle[aria-pressed="true"]'), (b) => b.dataset.word));
  let shown = 0;
  for (const body of bodies) {
    const { text, words } = DATA[body.dataset.row];
    const fits = (!pressed.size || words.some((word) => pressed.has(word)))
      && parts.every((part) => text.toLowerCase().includes(part));
    body.hidden = !fits;
    shown += fits;
  }
  document.getElementById("shown").textContent = `${shown} of ${bodies.length} shown`;
  document.getElementById("nothing").hidden = shown > 0;
}

function toggleRow(body) {
  const button = body.querySelector(".opener");
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  body.classList.toggle("open", open);
  if (body.rows.length === 1) body.append(detailRow(Number(body.dataset.row)));
  body.rows[1].hidden = !open;
}

if (table) {
  for (const head of table.tHead.rows[0].cells) {
    head.firstElementChild.addEventListener("click", () => {
      const { key } = head.dataset;
      sort(key, sorting.key === key ? -sorting.direction : FIRST[key]);
    });
  }
  table.addEventListener("click", (event) => {
    const button = event.target.closest(".opener");
    if (button) toggleRow(button.closest("tbody"));
  });
  for (const button of document.querySelectorAll(".toggle")) {
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      filter();
    });
  }
  document.getElementById("find").addEventListener("input", filter);
  document.getElementById("order").addEventListener("change", (event) => {
    sort(event.target.value, FIRST[event.target.value]);
  });
  document.querySelector(".tools").addEventListener("submit", (event) => event.preventDefault());
  tellOrder("verdict", 1); // the order they come in
  filter(); // a reload may have kept what was typed
}
