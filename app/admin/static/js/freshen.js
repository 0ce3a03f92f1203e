// @ts-check
// Makes a part of this page like the same part of the page as the server has it now. What is alike stays the very same
// element: focus, open details and what is being read stay where they are. data-keep is somebody else's to change.

/** @param {Node} old @param {Node} fresh */
export function freshen(old, fresh) {
  if (!isAlike(old, fresh)) {
    old.parentNode?.replaceChild(document.adoptNode(fresh), old);
  } else if (old instanceof Element && fresh instanceof Element) {
    if (old.hasAttribute('data-keep') || isInUse(old)) return;
    freshenAttributes(old, fresh);
    freshenChildren(old, fresh);
  } else if (old.nodeValue !== fresh.nodeValue) {
    old.nodeValue = fresh.nodeValue;
  }
}

/** Elements of one kind, and no chart of another deal. @param {Node} old @param {Node} fresh */
function isAlike(old, fresh) {
  if (old.nodeName !== fresh.nodeName) return false;
  return !(old instanceof Element && fresh instanceof Element) || old.id === fresh.id;
}

/** Somebody fills in a form, or is being asked something. @param {Element} element */
function isInUse(element) {
  return element.matches('form:focus-within:has(:is(input:not([type=hidden]), select, textarea)), dialog[open]');
}

/** @param {Element} old @param {Element} fresh */
function freshenAttributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !(name === 'open' && old.matches('details, dialog'))) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !(name === 'open' && old.matches('details'))) old.setAttribute(name, value);
  }
}

/** @param {Element} old @param {Element} fresh */
function freshenChildren(old, fresh) {
  const before = [...old.childNodes], after = [...fresh.childNodes];
  for (const [index, child] of after.entries()) {
    if (index < before.length) freshen(before[index], child);
    else old.append(document.adoptNode(child));
  }
  for (const child of before.slice(after.length)) child.remove();
}
