// @ts-check
/** @typedef {import('./words.js').Photo} Photo */

/** Everybody wants the same photo; they need not all ask for it at once. The lid of a crate lifts later than this. */
const SPREAD_MS = 900;
/** @type {{src: string, img: HTMLImageElement, ready: Promise<void>} | undefined} */
let fetched;

/** Done when the photo can be shown, or is not to be had. @param {Photo | null | undefined} photo */
export async function fetchPhoto(photo) {
  if (photo) await elementFor(photo).ready;
}

/** @param {Photo | null | undefined} photo */
export function hangPhoto(photo) {
  const frame = /** @type {HTMLElement} */ (document.getElementById('photo'));
  frame.querySelector('img')?.remove();
  if (photo) frame.prepend(elementFor(photo).img);
}

/** The same element again when it was asked for before, so that a reveal shows it at once. @param {Photo} photo */
function elementFor({ src, srcset, alt }) {
  if (fetched?.src === src) return fetched;
  const img = new Image(800, 800);
  img.alt = alt || '';
  const ready = new Promise(done => setTimeout(done, Math.random() * SPREAD_MS)).then(() => {
    if (srcset) {
      img.sizes = '(min-width: 60rem) 34rem, 100vw';
      img.srcset = srcset;
    }
    img.src = src;
    return img.decode();
  }).catch(() => {});
  fetched = { src, img, ready };
  return fetched;
}
