// Dragging a row by its handle, with a mouse or a finger. The buttons beside it do the same.

import Sortable from "../vendor/sortable.js";
import { move } from "./queue.js";

const rows = document.querySelector("#queue .rows");

if (rows && rows.children.length > 1) {
  for (const shown of document.querySelectorAll(".can-drag, .rows .handle")) shown.hidden = false;
  Sortable.create(rows, {
    handle: ".handle",
    animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
    forceFallback: true, // the same under a mouse and a finger
    fallbackTolerance: 3,
    chosenClass: "chosen",
    ghostClass: "ghost",
    onEnd: ({ item, oldIndex, newIndex }) => {
      if (oldIndex === newIndex) return;
      const ahead = item.previousElementSibling;
      const beside = ahead ? `behind:${ahead.dataset.deal}` : `before:${item.nextElementSibling.dataset.deal}`;
      move(`${item.dataset.deal}:${beside}`);
    },
  });
}
