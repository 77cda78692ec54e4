import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, test } from 'vitest';
import { select } from '../../../src/routes/files/preconditions.ts';

const IT = { etag: '"a"', modifiedSeconds: 1_700_000_000, bytes: 1_000 };
const SAME = 'Tue, 14 Nov 2023 22:13:20 GMT';
const BEFORE = 'Tue, 14 Nov 2023 22:13:19 GMT';
const AFTER = 'Tue, 14 Nov 2023 22:13:21 GMT';

/** `200`, `304`, or `206 0-100`: from where, up to where. */
function selected(headers: IncomingHttpHeaders, method = 'GET', it = IT): string {
  const selection = select(method, headers, it);
  return selection.status === 206
    ? `206 ${selection.start}-${selection.end}`
    : String(selection.status);
}

describe('conditions (RFC 9110 §13)', () => {
  test.each([
    [{}, '200'],
    [{ 'if-none-match': '"a"' }, '304'],
    [{ 'if-none-match': 'W/"a"' }, '304'],
    [{ 'if-none-match': '"x", "a"' }, '304'],
    [{ 'if-none-match': '*' }, '304'],
    [{ 'if-none-match': '"x"' }, '200'],
    [{ 'if-none-match': 'a' }, '200'],
    [{ 'if-modified-since': SAME }, '304'],
    [{ 'if-modified-since': AFTER }, '304'],
    [{ 'if-modified-since': BEFORE }, '200'],
    [{ 'if-modified-since': 'Tue Nov 14 22:13:20 2023' }, '304'],
    [{ 'if-modified-since': 'Tuesday, 14-Nov-23 22:13:20 GMT' }, '304'],
    [{ 'if-modified-since': '9999999999' }, '200'],
    [{ 'if-modified-since': 'tomorrow' }, '200'],
    [{ 'if-none-match': '"x"', 'if-modified-since': AFTER }, '200'],
    [{ 'if-match': '"a"' }, '200'],
    [{ 'if-match': '*' }, '200'],
    [{ 'if-match': '"x"' }, '412'],
    [{ 'if-match': 'W/"a"' }, '412'],
    [{ 'if-unmodified-since': BEFORE }, '412'],
    [{ 'if-unmodified-since': SAME }, '200'],
    [{ 'if-match': '"a"', 'if-unmodified-since': BEFORE }, '200'],
    [{ 'if-match': '"x"', 'if-none-match': '"a"' }, '412'],
  ])('%j is %s', (headers, expected) => expect(selected(headers)).toBe(expected));
});

describe('ranges (RFC 9110 §14)', () => {
  test.each([
    ['bytes=0-99', '206 0-100'],
    ['bytes=0-0', '206 0-1'],
    ['bytes=900-', '206 900-1000'],
    ['bytes=900-5000', '206 900-1000'],
    ['bytes=-100', '206 900-1000'],
    ['bytes=-5000', '206 0-1000'],
    ['BYTES=0-1', '206 0-2'],
    ['bytes=999-', '206 999-1000'],
    ['bytes=1000-', '416'],
    ['bytes=5000-6000', '416'],
    ['bytes=-0', '416'],
    ['bytes=5-1', '200'],
    ['bytes=-', '200'],
    ['bytes=', '200'],
    ['bytes=a-b', '200'],
    ['bytes=0-1,5-6', '200'],
    ['items=0-1', '200'],
    ['bytes=0-99999999999999999999', '200'],
    ['bytes 0-1', '200'],
  ])('%s is %s', (range, expected) => expect(selected({ range })).toBe(expected));

  test('an empty file has none', () =>
    expect(selected({ range: 'bytes=0-' }, 'GET', { ...IT, bytes: 0 })).toBe('416'));

  test.each([
    [{ range: 'bytes=0-1', 'if-range': '"a"' }, '206 0-2'],
    [{ range: 'bytes=0-1', 'if-range': SAME }, '206 0-2'],
    [{ range: 'bytes=0-1', 'if-range': '"x"' }, '200'],
    [{ range: 'bytes=0-1', 'if-range': 'W/"a"' }, '200'],
    [{ range: 'bytes=0-1', 'if-range': AFTER }, '200'],
    [{ range: 'bytes=0-1', 'if-none-match': '"a"' }, '304'],
    [{ range: 'bytes=0-1', 'if-match': '"x"' }, '412'],
  ])('%j is %s', (headers, expected) => expect(selected(headers)).toBe(expected));

  test('HEAD has none', () => expect(selected({ range: 'bytes=0-1' }, 'HEAD')).toBe('200'));
});
