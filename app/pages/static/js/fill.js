// @ts-check
// Writes ready words into the page, as text only: into whatever carries data-text; and hides whatever carries data-if
// where none of the words that it names is there.

/** @param {Record<string, unknown>} words */
export function fill(words) {
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-text]'))) {
    const word = String(words[element.dataset.text ?? ''] ?? '');
    if (element.textContent !== word) element.textContent = word;
  }
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-if]'))) {
    element.hidden = !element.dataset.if?.split(' ').some(name => String(words[name] ?? ''));
  }
}
