// @ts-check
// The tap on "Help sell this out", fetched when somebody taps: the link is there at once, without leaving the page.
import { canSend, copyLink, sendLink } from './passing_on.js';

/** @param {HTMLFormElement} form @param {HTMLElement} main  the page's, which says by data-deal what is live */
export async function help(form, main) {
  const dealId = main.dataset.deal ?? '', button = Array.from(form.childNodes);
  const made = await makeLink(dealId);
  // The page behind the form does the same, and says what was wrong.
  if (!made) return form.submit();
  const field = Object.assign(document.createElement('input'), { value: made.url, readOnly: true });
  field.setAttribute('aria-label', 'Your link');
  const said = Object.assign(document.createElement('span'), { className: 'fine' });
  said.setAttribute('role', 'status');
  const more = Object.assign(document.createElement('a'), { href: `/share/${made.code}`, textContent: 'QR code and picture' });
  form.replaceChildren(field, more, said);
  field.select();
  new MutationObserver((_, watching) => {
    if (main.dataset.deal === dealId) return;
    watching.disconnect();
    form.replaceChildren(...button); // the next deal has a link of its own
  }).observe(main, { attributeFilter: ['data-deal'] });
  if (canSend()) await sendLink({ title: document.title, text: '', url: made.url });
  else if (await copyLink(made.url)) said.textContent = 'Copied.';
}

/** @param {string} dealId @returns {Promise<{code: string, url: string} | null>} */
async function makeLink(dealId) {
  try {
    const answer = await fetch('/api/v1/share-links', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ deal_id: Number(dealId) }),
    });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
