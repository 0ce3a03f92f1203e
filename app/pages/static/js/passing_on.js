// @ts-check
// Passing a link on: by the clipboard, or by whatever the device sends with.

export const canSend = () => typeof navigator.share === 'function';

/** Whether it is in the clipboard now. @param {string} url */
export async function copyLink(url) {
  try {
    await navigator.clipboard.writeText(url);
    return true;
  } catch {
    return false; // not allowed, or not a secure page
  }
}

/** @param {{title: string, text: string, url: string}} what */
export async function sendLink(what) {
  try {
    await navigator.share(what);
  } catch {
    // They thought better of it.
  }
}
