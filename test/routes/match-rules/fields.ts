/** Of `HTTPHeaderMatch`, `HTTPQueryParamMatch`, and cookies. */
import type { Rule } from './rule.ts';

const h = (headers: Readonly<Record<string, string | readonly string[]>>) => ({ headers });
const q = (query: string) => ({ query });
const c = (cookie: string) => ({ headers: { cookie } });

export const FIELDS: readonly Rule[] = [
  {
    rule: 'Exact header: the name in any case, the value exactly',
    routes: { v1: { headers: { Version: 'one' } } },
    rows: [
      ['/', h({ version: 'one' }), 'v1'],
      ['/', h({ version: 'One' }), '404'],
      ['/', h({ version: 'one ' }), '404'],
      ['/', h({ version: 'two' }), '404'],
      ['/', h({ versions: 'one' }), '404'],
      ['/', h({ version: '' }), '404'],
      ['/', {}, '404'],
    ],
  },
  {
    rule: 'all headers of a match must match',
    routes: { both: { headers: { version: 'two', color: 'orange' } } },
    rows: [
      ['/', h({ version: 'two', color: 'orange' }), 'both'],
      ['/', h({ version: 'two' }), '404'],
      ['/', h({ color: 'orange' }), '404'],
      ['/', h({ version: 'two', color: 'blue' }), '404'],
    ],
  },
  {
    rule: 'RegularExpression header',
    otherwise: 'It must match the whole value, with RE2 syntax.',
    routes: { beta: { headers: { release: { regex: '(?i)beta-[0-9]+' } } } },
    rows: [
      ['/', h({ release: 'beta-12' }), 'beta'],
      ['/', h({ release: 'BETA-1' }), 'beta'],
      ['/', h({ release: 'xbeta-1' }), '404'],
      ['/', h({ release: 'beta-1x' }), '404'],
    ],
  },
  {
    rule: 'the API has no match for presence',
    otherwise: '`present` matches any value, also an empty one.',
    routes: { debug: { headers: { 'x-debug': { present: true } } } },
    rows: [
      ['/', h({ 'x-debug': '1' }), 'debug'],
      ['/', h({ 'x-debug': '' }), 'debug'],
      ['/', h({ 'x-debug': ['1', '2'] }), 'debug'],
      ['/', {}, '404'],
    ],
  },
  {
    rule: 'a repeated header: the values joined by commas, or the first',
    otherwise:
      'Each value is compared. Where the results differ and lead to different routes: 400, as servers differ on which one counts.',
    routes: { canary: { headers: { version: 'new' } }, rest: { path: '/*' } },
    rows: [
      ['/', h({ version: 'new' }), 'canary'],
      ['/', h({ version: ['new', 'new'] }), 'canary'],
      ['/', h({ version: ['old', 'older'] }), 'rest'],
      ['/', h({ version: ['old', 'new'] }), '400'],
      ['/', h({ version: ['new', 'old'] }), '400'],
      ['/', h({ version: 'old, new' }), '400'],
    ],
  },
];

export const QUERIES: readonly Rule[] = [
  {
    rule: 'Exact query parameter: the name exactly, the value exactly',
    routes: { cat: { query: { animal: 'whale' } } },
    rows: [
      ['/', q('?animal=whale'), 'cat'],
      ['/', q('?color=blue&animal=whale'), 'cat'],
      ['/', q('?animal=wh%61le'), 'cat'],
      ['/', q('?%61nimal=whale'), 'cat'],
      ['/', q('?animal=Whale'), '404'],
      ['/', q('?Animal=whale'), '404'],
      ['/', q('?animal='), '404'],
      ['/', q('?animal'), '404'],
      ['/', q('?animals=whale'), '404'],
      ['/', q(''), '404'],
    ],
  },
  {
    rule: 'all query parameters of a match must match',
    routes: { both: { query: { animal: 'dolphin', color: 'blue' } } },
    rows: [
      ['/', q('?animal=dolphin&color=blue'), 'both'],
      ['/', q('?color=blue&animal=dolphin&x=1'), 'both'],
      ['/', q('?animal=dolphin'), '404'],
      ['/', q('?animal=dolphin&color=red'), '404'],
    ],
  },
  {
    rule: 'RegularExpression query parameter',
    routes: { page: { query: { page: { regex: '[0-9]{1,3}' } } } },
    rows: [
      ['/', q('?page=12'), 'page'],
      ['/', q('?page=1234'), '404'],
      ['/', q('?page=x12'), '404'],
    ],
  },
  {
    rule: 'of a repeated parameter, the first value should count',
    otherwise:
      'Every value is compared. Where the results differ and lead to different routes: 400.',
    routes: { new: { query: { v: '2' } }, rest: { path: '/*' } },
    rows: [
      ['/', q('?v=2'), 'new'],
      ['/', q('?v=2&v=2'), 'new'],
      ['/', q('?v=1&v=3'), 'rest'],
      ['/', q('?v=2&v=1'), '400'],
      ['/', q('?v=1&v=2'), '400'],
      ['/', q('?v=1;v=2'), '400'],
    ],
  },
];

export const COOKIES: readonly Rule[] = [
  {
    rule: 'the API has no cookies',
    otherwise:
      'They match by name and value; of several with one name, the first counts (RFC 6265 §5.4).',
    routes: {
      beta: { cookies: { beta: '1' } },
      user: { cookies: { user: { regex: 'u-[0-9]+' } } },
      session: { cookies: { sid: { present: true } } },
    },
    rows: [
      ['/', c('beta=1'), 'beta'],
      ['/', c('a=b; beta=1'), 'beta'],
      ['/', c('beta=1; beta=0'), 'beta'],
      ['/', c('beta=0; beta=1'), '404'],
      ['/', c('Beta=1'), '404'],
      ['/', c('xbeta=1'), '404'],
      ['/', c('user=u-12'), 'user'],
      ['/', c('user=u-x'), '404'],
      ['/', c('sid='), 'session'],
      ['/', {}, '404'],
    ],
  },
];
