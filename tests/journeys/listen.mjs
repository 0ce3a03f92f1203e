// Prints what npm's `eventsource` hears of an address, one JSON document a line, until it is ended.
import { EventSource } from 'eventsource';

const source = new EventSource(process.argv[2]);
for (const kind of ['live', 'stock', 'ping']) {
  source.addEventListener(kind, ({ data, lastEventId }) => {
    console.log(JSON.stringify({ kind, id: lastEventId, data: JSON.parse(data) }));
  });
}
