// @ts-check
/** @typedef {import('./words.js').Photo} Photo */

/** Everybody wants the same photo; they need not all ask for it at once. The lid of a crate lifts later than this. */
const SPREAD_MS = 900;
const SIZES = '(min-width: 60rem) 34rem, 100vw';
const frame = /** @type {HTMLElement} */ (document.getElementById('photo'));
/** @type {{src: string, img: HTMLImageElement, picture: HTMLPictureElement, ready: Promise<void>} | undefined} */
let fetched;

/** Done when the photo can be shown, or is not to be had. @param {Photo | null | undefined} photo */
export async function fetchPhoto(photo) {
  if (photo) await elementFor(photo).ready;
}

/** @param {Photo | null | undefined} photo */
export function hangPhoto(photo) {
  frame.querySelector('picture')?.remove();
  if (photo) frame.prepend(elementFor(photo).picture);
}

/** The same deal, whose photo may be another one now; the old one stays until that can be shown.
 * @param {Photo | null | undefined} photo */
export function renewPhoto(photo) {
  const shown = frame.querySelector('img');
  if (!photo || !shown) return;
  if (photo.src === shown.getAttribute('src')) {
    shown.alt = photo.alt || '';
    if (fetched?.img !== shown) fetched = undefined;  // whatever was on its way is not wanted any more
  } else if (photo.src !== fetched?.src) {  // else it is on its way
    const wanted = elementFor(photo);
    wanted.ready.then(() => { if (fetched === wanted) hangPhoto(photo); });
  }
}

/** The same element again when it was asked for before, so that a reveal shows it at once. @param {Photo} photo */
function elementFor({ src, srcset, sources, alt }) {
  if (fetched?.src === src) return fetched;
  const picture = document.createElement('picture'), img = new Image(800, 800);
  img.alt = alt || '';
  picture.append(img);
  const ready = new Promise(done => setTimeout(done, Math.random() * SPREAD_MS)).then(() => {
    for (const { type, srcset: sizes } of sources ?? []) img.before(sourceOf(type, sizes));
    if (srcset) {
      img.sizes = SIZES;
      img.srcset = srcset;
    }
    img.src = src;
    return img.decode();
  }).catch(() => {});
  fetched = { src, img, picture, ready };
  return fetched;
}

/** @param {string} type @param {string} srcset */
function sourceOf(type, srcset) {
  const source = document.createElement('source');
  Object.assign(source, { type, srcset, sizes: SIZES });
  return source;
}
