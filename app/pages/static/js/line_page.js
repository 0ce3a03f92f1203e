// @ts-check
// The page of one's places in line hears what is told of them.
import { hearOfLine, look } from './standing.js';
import { follow } from './stream.js';

follow('/api/v1/stream', ({ name, data }) => {
  // What changed while the stream was not up yet, or down, was told to nobody.
  if (name === 'line' && data === 'up') look();
  if (name === 'you') hearOfLine(JSON.parse(data));
});
