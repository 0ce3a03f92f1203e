// @ts-check
/** @typedef {import('./words.js').Photo} Photo */

/** @type {{src: string, img: HTMLImageElement} | undefined} */
let fetched;

/** The element for this photo. The same one again when it was asked for before, so that a reveal shows it at once.
 * @param {Photo} photo */
export function imgFor({ src, srcset, alt }) {
  if (fetched?.src === src) return fetched.img;
  const img = new Image(800, 800);
  img.alt = alt || '';
  if (srcset) {
    img.sizes = '(min-width: 60rem) 34rem, 100vw';
    img.srcset = srcset;
  }
  img.src = src;
  fetched = { src, img };
  return img;
}

/** Done when the photo can be shown, or is not to be had. @param {Photo | null | undefined} photo */
export async function fetchPhoto(photo) {
  if (photo) await imgFor(photo).decode().catch(() => {});
}

/** @param {Photo | null | undefined} photo */
export function hangPhoto(photo) {
  const frame = /** @type {HTMLElement} */ (document.getElementById('photo'));
  frame.querySelector('img')?.remove();
  if (photo) frame.prepend(imgFor(photo));
}
