/** A thread that parses texts; see text-parser.ts. */
import { parentPort } from 'node:worker_threads';
import type { Values } from './environment.ts';
import { buffersOf } from './outline.ts';
import { parseText, type Text } from './parse-text.ts';

export interface TextTask {
  readonly text: Text;
  readonly environment: Values;
}

parentPort?.on('message', ({ text, environment }: TextTask) => {
  const parsed = parseText(text, environment);
  const transfer = parsed.outline === undefined ? [] : buffersOf(parsed.outline);
  parentPort?.postMessage(parsed, transfer);
});
