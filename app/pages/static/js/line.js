// @ts-check
// One EventSource that does not stay dead: it is opened anew when it failed, or has been quiet for too long.

/** @typedef {{name: string, data: string, id: string}} Message */

/** The server pings every 15 s. */
export const QUIET_MS = 25_000;
const NAMES = ['live', 'stock', 'ping'];

/**
 * @param {string} url
 * @param {(message: Message) => void} hear  also told { name: 'line', data: 'up' | 'down' }
 */
export function openLine(url, hear) {
  /** @type {EventSource} */ let source;
  let heardAt = 0, timer = 0, closed = false;

  function connect() {
    source?.close();
    source = new EventSource(url);
    source.onopen = () => hear({ name: 'line', data: 'up', id: '' });
    source.onerror = () => {
      hear({ name: 'line', data: 'down', id: '' });
      // After a broken line the browser tries again by itself; after an answer that is no stream it gives up.
      if (source.readyState === EventSource.CLOSED) connectIn(1500 + Math.random() * 2500);
    };
    for (const name of NAMES) {
      source.addEventListener(name, event => {
        heard();
        hear({ name, data: event.data, id: event.lastEventId });
      });
    }
    heard();
  }
  function heard() {
    heardAt = Date.now();
    connectIn(QUIET_MS);
  }
  /** @param {number} ms */
  function connectIn(ms) {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(connect, ms);
  }

  connect();
  return {
    /** A sleeping computer stops timers, not the clock. */
    check() { if (Date.now() - heardAt > QUIET_MS) connect(); },
    connect,
    close() { closed = true; clearTimeout(timer); source.close(); },
  };
}
