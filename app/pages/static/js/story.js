// @ts-check
// Builds the story's elements from the server's well-formed, already sanitised HTML, without an HTML sink. A tag that
// is not listed stays text.

const ALLOWED = new Set(['p', 'em', 'strong', 'ul', 'ol', 'li', 'a', 'h2', 'h3', 'h4', 'code', 'pre', 'blockquote', 'br', 'hr']);
const VOID = new Set(['br', 'hr']);
const TOKEN = /<(\/?)([a-z][a-z0-9]*)([^<>]*)>|[^<]+|</gi;
/** @type {Record<string, string>} */
const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

/** @param {string} html @returns {DocumentFragment} */
export function storyFrom(html) {
  const story = document.createDocumentFragment();
  /** @type {(DocumentFragment | HTMLElement)[]} */ const open = [story];
  for (const [token, closing, tag, attributes] of html.matchAll(TOKEN)) {
    const name = tag?.toLowerCase(), inside = open[open.length - 1];
    if (!ALLOWED.has(name)) {
      inside.append(text(token));
    } else if (!closing) {
      const element = elementFor(name, attributes);
      inside.append(element);
      if (!VOID.has(name)) open.push(element);
    } else if (inside.nodeName.toLowerCase() === name) {
      open.pop();
    }
  }
  return story;
}

/** @param {string} name @param {string} attributes */
function elementFor(name, attributes) {
  const element = document.createElement(name);
  const address = name === 'a' && text(/\shref="([^"]*)"/i.exec(attributes)?.[1] ?? '');
  if (address && /^https?:\/\//i.test(address)) {
    element.setAttribute('href', address);
    element.setAttribute('rel', 'noopener nofollow');
  }
  return element;
}

/** @param {string} escaped */
function text(escaped) {
  return escaped.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) =>
    name ? ENTITIES[name] ?? whole : String.fromCodePoint(decimal ? Number(decimal) : parseInt(hex, 16)));
}
