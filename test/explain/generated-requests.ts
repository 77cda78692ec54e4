/** Requests as clients of all kinds write them, drawn from a seed. */
import { type Issuer, hmacToken, now } from '../plugins/issuer.ts';
import { type Draw, often, one } from './generated-config.ts';

export const SECRET = 's'.repeat(32);
export const API_KEY = 'shop-key-of-the-shop';

// prettier-ignore
const SEGMENTS = [
  'x', 'y', 'm', 'n', '1', '42', 'new', '%78', '%41', '%2e', '..', '.', '', 'x;v=1', '1;v=2', ';', 'x%3Bv',
  'a%20b', '%c3%a9', '%ff', '%2f', '%zz', '%00', '~', '+',
];
const USUAL = ['x', 'x', 'y', '1', '42', 'y;v=1'];
const FIRST = ['x', 'x', 'y', 'm'];
const USUAL_HOSTS = ['a.example', 's.a.example', 'b.example:81'];
const USUAL_METHODS = ['GET', 'GET', 'POST', 'HEAD'];
const QUERIES = [
  '',
  '',
  '?',
  '?q=1',
  '?q=2',
  '?q=1&q=2',
  '?a=b&q=1',
  '?key=',
  '?Q=1',
  '?q[]=1',
  '?q=a%20b',
];
// prettier-ignore
const HOSTS = [
  'a.example', 'A.example.', 's.a.example', 'b.example:81', 't.b.example', 'other', '', 'a b', '[::1]',
];
const METHODS = [
  'GET',
  'GET',
  'GET',
  'GET',
  'POST',
  'PUT',
  'HEAD',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'FOO',
];

type Header = readonly [name: string, value: string];

export interface GeneratedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly Header[];
}

function pathOf(draw: Draw): string {
  const from = often(draw, 0.85) ? USUAL : SEGMENTS;
  const first = often(draw, 0.9) ? FIRST : SEGMENTS;
  const rest = Array.from({ length: Math.floor(draw() * 3) }, () => one(draw, from));
  const path = `/${[one(draw, first), ...rest].join('/')}`;
  return often(draw, 0.1) ? `${path}/` : path;
}

function tokenOf(draw: Draw, far: Issuer): string {
  const own = { iss: 'own', sub: 'u1', exp: now() + 3_600, scope: 'read' };
  return one(draw, [
    () => hmacToken(SECRET, own),
    () => hmacToken(SECRET, own),
    () => hmacToken(SECRET, { ...own, scope: 'read write' }),
    () => hmacToken(SECRET, { ...own, exp: now() - 3_600 }),
    () => hmacToken(SECRET, { ...own, iss: 'else' }),
    () => hmacToken('t'.repeat(32), own),
    () => far.sign({ exp: now() + 3_600 }),
    // Not often: the gateway fetches the keys again for it, at most once a second.
    () => (often(draw, 0.1) ? far.sign({}, { kid: 'nobody' }) : far.sign()),
    () => 'not.a.token',
  ])();
}

const SOMETIMES: readonly Header[] = [
  ['x-v', '1'],
  ['x-v', '1'],
  ['cookie', 'c=1'],
  ['x-v', '2'],
  ['x-v', '1, 2'],
  ['cookie', 'c=1'],
  ['cookie', 'c=2; c=1'],
  ['origin', 'https://shop.example'],
  ['access-control-request-method', 'GET'],
  ['sec-fetch-site', 'cross-site'],
  ['x-user', 'mallory'],
  ['x_v', '1'],
  ['x-forwarded-for', '10.1.1.1'],
  ['content-length', '99999999999'],
  ['expect', 'the-best'],
  ['expect', '100-continue'],
  ['connection', 'x-v'],
];

export function generatedRequest(draw: Draw, far: Issuer): GeneratedRequest {
  const isAbsolute = often(draw, 0.05);
  const headers: Header[] = isAbsolute
    ? []
    : [['host', one(draw, often(draw, 0.85) ? USUAL_HOSTS : HOSTS)]];
  if (often(draw, 0.02)) headers.push(['Host', 'twice']);
  if (often(draw, 0.5)) headers.push(['Authorization', `Bearer ${tokenOf(draw, far)}`]);
  if (often(draw, 0.2)) headers.push(['x-api-key', often(draw, 0.7) ? API_KEY : 'wrong']);
  while (often(draw, 0.3)) headers.push(one(draw, SOMETIMES));
  const query = one(draw, QUERIES);
  const key = query === '?key=' ? (often(draw, 0.5) ? API_KEY : 'wrong') : '';
  const url = `${isAbsolute ? 'http://s.a.example' : ''}${pathOf(draw)}${query}${key}`;
  const method = one(draw, often(draw, 0.8) ? USUAL_METHODS : METHODS);
  return { method, url, headers };
}
