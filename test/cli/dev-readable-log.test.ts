import { describe, expect, test } from 'vitest';
import { readableLines } from '../../src/cli/dev/readable-log.ts';

const TIME = '"time":"2026-11-30T11:46:12.468Z"';
const HEAD = `"level":"info",${TIME}`;
/** Whatever the zone of this machine. */
const clock = /^\d\d:\d\d:12\.468 /;

const plain = readableLines({});
/** What becomes of one line, without its time. */
function readable(line: string): string {
  const text = plain(`${line}\n`);
  expect(text).toMatch(clock);
  return text.replace(clock, '');
}

describe('the log for people', () => {
  test('has one line for a request', () => {
    const line = `{${HEAD},"requestId":"x","method":"GET","host":"h","path":"/api/orders/42","status":200,"route":"orders","address":"127.0.0.1","upstream":"orders","target":"http://127.0.0.1:4103","attempts":1,"totalMs":12.34,"msg":"request"}`;
    expect(readable(line)).toBe(
      'info  GET /api/orders/42 → 200  12.34 ms  orders  orders (http://127.0.0.1:4103)\n',
    );
  });

  test('names the parts of an answer, and what went wrong', () => {
    const calls = `[{"part":"order","upstream":"orders","attempts":1,"status":200,"ms":3.1},{"part":"payment","upstream":"payments","attempts":2,"code":"GW_UPSTREAM_CONNECT","cause":"ECONNREFUSED","ms":7}]`;
    const line = `{${HEAD},"method":"GET","path":"/s","status":502,"route":"summary","endpoint":"/x","code":"GW_UPSTREAM_CONNECT","cause":"ECONNREFUSED","degraded":["payment;reason=connect"],"calls":${calls},"totalMs":9,"msg":"request"}`;
    expect(readable(line)).toBe(
      'info  GET /s → 502  9 ms  summary /x  order=orders 200 3.1 ms' +
        '  payment=payments GW_UPSTREAM_CONNECT ECONNREFUSED 7 ms' +
        '  GW_UPSTREAM_CONNECT ECONNREFUSED  degraded=["payment;reason=connect"]\n',
    );
  });

  test('has the fields of an event, and the stack of an error, without versions of modules', () => {
    const stack = 'Error: no\\n    at f (file:///shop/bff/index.ts?portico=3:2:9)';
    const line = `{"level":"error",${TIME},"err":{"type":"Error","message":"no","stack":"${stack}"},"route":"mobile","msg":"bug"}`;
    expect(readable(line)).toBe(
      'error bug  route=mobile\n    Error: no\n        at f (file:///shop/bff/index.ts:2:9)\n',
    );
  });

  test('passes on nothing that a terminal would obey', () => {
    const line = `{${HEAD},"method":"GET","path":"/\\u001b[2J","status":404,"route":"","totalMs":1,"msg":"request"}`;
    expect(plain(`${line}\n`)).not.toContain('\u001b');
  });

  test('leaves lines alone that are not of the log', () => {
    expect(plain('hello\n{"level":}\n{"a":1}\n')).toBe('hello\n{"level":}\n{"a":1}\n');
  });

  test('is coloured only where that is wanted', () => {
    const line = `{${HEAD},"url":"http://127.0.0.1:1","msg":"serving"}\n`;
    expect(plain(line)).not.toContain('\u001b');
    expect(readableLines({ isColoured: true })(line)).toContain('\u001b[32minfo \u001b[0m');
  });
});
