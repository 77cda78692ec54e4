import { expect, test } from 'vitest';
import { formFor } from '../../src/routes/answer-form.ts';

test.each([
  [undefined, 'json'],
  ['', 'json'],
  ['*/*', 'json'],
  ['text/html', 'json'],
  ['application/json', 'json'],
  ['application/x-ndjson', 'ndjson'],
  ['Application/X-NDJSON', 'ndjson'],
  ['application/ndjson', 'ndjson'],
  ['application/jsonl', 'ndjson'],
  ['text/event-stream', 'sse'],
  ['text/event-stream;charset=utf-8', 'sse'],
  ['text/event-stream, */*', 'sse'],
  ['*/*, text/event-stream', 'sse'],
  ['text/event-stream, */*;q=0.1', 'sse'],
  ['text/event-stream;q=0.5, */*', 'json'],
  ['text/event-stream;q=0.5, application/*;q=0.8', 'json'],
  ['application/json, application/x-ndjson', 'json'],
  ['application/x-ndjson, application/json', 'ndjson'],
  ['application/json;q=0.9, application/x-ndjson', 'ndjson'],
  ['application/x-ndjson;q=0.2, application/json;q=0.9', 'json'],
  ['application/x-ndjson; q=0', 'json'],
  ['application/x-ndjson;v=1;q=0.7, application/json;q=0.6', 'ndjson'],
  ['application/x-ndjson;q=2', 'json'],
  [`${'text/html,'.repeat(40)}text/event-stream`, 'json'],
])('%s: %s', (accept, form) => {
  expect(formFor(accept)).toBe(form);
});
