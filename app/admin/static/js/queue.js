// Moves a row at once instead of loading the page anew. Without this file the same buttons send a form.

const form = document.querySelector("#queue");
const said = document.querySelector("#said");
const rows = form?.querySelector(".rows");
let isBusy = false;
let kept = rows && order(); // the order of these rows as the server has it, as far as this page knows

form?.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button?.name !== "move") return;
  event.preventDefault();
  move(button.value, button);
});

// Ask for a move, such as "38:up" or "38:behind:41", and show what came of it. `button` keeps the focus.
export async function move(wish, button) {
  if (isBusy) return restore(kept);
  isBusy = true;
  rows.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch("/api/v1/staff/queue/moves", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(request(wish)),
    });
    if (answer.status === 409) show({ wish, seen: version().value });
    else if (!answer.ok) location.reload();
    else await moved(wish, await answer.json(), button);
  } catch {
    said.textContent = "That could not be sent. Nothing was moved.";
    restore(kept);
  } finally {
    isBusy = false;
    rows.removeAttribute("aria-busy");
  }
}

const version = () => form.elements.namedItem("version");

function order() {
  return [...rows.children].map((row) => Number(row.dataset.deal));
}

function request(wish) {
  const [deal, where, other] = wish.split(":");
  const beside = { before: "ahead_of", behind: "behind", place: "place" }[where];
  const to = beside ? { [beside]: Number(other) } : { step: where };
  return { deal_id: Number(deal), version: Number(version().value), ...to };
}

// Load the page anew, where what has changed does not fit into it.
function show(query) {
  const first = form.dataset.first;
  location.assign(`/desk/queue?${new URLSearchParams(first > 1 ? { from: first, ...query } : query)}`);
}

async function moved(wish, queue, button) {
  const deal = Number(wish.split(":")[0]);
  const first = Number(form.dataset.first);
  const here = queue.ids.slice(first - 1, first - 1 + rows.children.length);
  const known = new Set(order());
  if (here.length !== known.size || !here.every((id) => known.has(id)) || queue.ids.length !== Number(form.dataset.total)) {
    const page = Math.floor(queue.ids.indexOf(deal) / 100) * 100 + 1;
    form.dataset.first = page;
    show({ change: queue.change ?? "", focus: `${deal}:${wish.split(":")[1]}` });
    return;
  }
  version().value = queue.version;
  kept = here;
  restore(kept);
  const row = rows.querySelector(`[data-deal="${deal}"]`);
  const place = queue.ids.indexOf(deal) + 1;
  const words = `Moved ${row.dataset.title} to ${place} of ${queue.ids.length}`;
  said.textContent = words;
  offerUndo(queue.change, words);
  if (button) (button.disabled ? row.querySelector("button:not(:disabled)") : button).focus();
}

// Put the rows into this order, with their places and with the buttons that lead anywhere.
function restore(ids) {
  const found = new Map([...rows.children].map((row) => [Number(row.dataset.deal), row]));
  const focused = document.activeElement;
  const first = Number(form.dataset.first);
  ids.forEach((id, index) => {
    const row = found.get(id);
    if (rows.children[index] !== row) rows.insertBefore(row, rows.children[index] ?? null);
    row.querySelector(".place").textContent = first + index;
    for (const button of row.querySelectorAll("[name=move]")) {
      const goesUp = /:(up|top)$/.test(button.value);
      button.disabled = goesUp ? first + index === 1 : first + index === Number(form.dataset.total);
    }
  });
  if (rows.contains(focused)) focused.focus();
}

function offerUndo(change, words) {
  if (!change) return;
  document.querySelector("#undo")?.remove();
  const bar = Object.assign(document.createElement("form"), { className: "undo", id: "undo", method: "post" });
  bar.action = `/desk/changes/${change}/undo`;
  const back = Object.assign(document.createElement("input"), { type: "hidden", name: "back", value: "/desk/queue" });
  const text = Object.assign(document.createElement("p"), { id: "undo-words", textContent: `${words}.` });
  const button = Object.assign(document.createElement("button"), { className: "quiet", textContent: "Undo" });
  button.setAttribute("aria-describedby", "undo-words");
  bar.append(back, text, button);
  said.before(bar);
}

// One menu is open at a time, and Escape closes it.
rows?.addEventListener("toggle", (event) => {
  if (!event.target.open) return;
  for (const other of rows.querySelectorAll("details[open]")) if (other !== event.target) other.open = false;
}, true);
rows?.addEventListener("keydown", (event) => {
  const menu = event.target.closest("details[open]");
  if (event.key !== "Escape" || !menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
