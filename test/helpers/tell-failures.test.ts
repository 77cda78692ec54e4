import { describe, expect, test } from 'vitest';
import { noteAnswer, tellAnswers } from './what-came.ts';

describe('JSON that does not parse', () => {
  test('is told with the status, the head and the body of its answer', async () => {
    const response = new Response('{"order": <html>', {
      status: 502,
      headers: { 'content-type': 'text/html' },
    });
    const message = await response.json().catch((error: Error) => error.message);
    expect(message).toBe(
      ['not JSON:', 'a request → 502', '  content-type: text/html', '', '  {"order": <html>'].join(
        '\n',
      ),
    );
  });
});

describe('a failed test', () => {
  test('tells the last three answers', async () => {
    for (const status of [200, 201, 202, 203]) {
      noteAnswer({ asked: 'GET /', status, headers: { a: ['1', '2'] }, body: `body ${status}` });
    }
    const told = await tellAnswers();
    expect(told).not.toContain('→ 200');
    expect(told).toContain('GET / → 203\n  a: 1,2\n\n  body 203');
    expect(told.match(/→/g)).toHaveLength(3);
  });

  test('tells no answer of another test', async () => {
    expect(await tellAnswers()).toBe('');
  });

  test('tells the start of a long body', async () => {
    noteAnswer({ status: 200, headers: {}, body: 'x'.repeat(10_000) });
    expect(await tellAnswers()).toContain(`${'x'.repeat(500)}… (10000 characters)`);
  });

  test('does not wait for a body that never ends', async () => {
    noteAnswer({ status: 200, headers: {}, body: () => new Promise(() => undefined) });
    expect(await tellAnswers()).toContain('(the body has not come whole)');
  });
});
