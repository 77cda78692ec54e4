/** An explanation for people: first what happens, then why, step by step. */
import { h } from '../dom.js';
import { percent } from '../format.js';
import { badge, code, facts, linkTo, section } from '../parts.js';
import { values } from './explained-values.js';

/** @import { Explained, ExplainedCall, ExplainedCandidate, ExplainedPlugin } from '../../explained.ts' */
/** @import { Child } from '../dom.js' */
/** @import { Level } from '../parts.js' */

/** @param {Explained} explained */
export const explanation = (explained) =>
  h(
    'div',
    { class: 'explanation' },
    verdict(explained),
    section('Routes looked at', candidates(explained.matching)),
    explained.plugins.length > 0 && section('Plugins, in this order', steps(explained.plugins)),
    (explained.calls.length > 0 || explained.fallback !== undefined) &&
      section('Calls', calls(explained)),
    explained.notes.length > 0 &&
      section('Not told', h('ul', {}, ...explained.notes.map((note) => h('li', {}, note)))),
    explained.values.length > 0 && values(explained.values),
  );

/** @param {Explained} explained */
function verdict({ request, outcome, route, split, consumer }) {
  const { method, scheme, host, path, query, address } = request;
  const [level, words] = outcomeWords(outcome);
  return section(
    'Outcome',
    h(
      'p',
      { class: 'verdict' },
      badge(level, words),
      outcome.isCertain ? '' : ' not certain: see below',
    ),
    outcome.detail === undefined ? '' : h('p', {}, outcome.detail),
    facts([
      [
        'Request',
        code(path === '' ? `${method}, not read` : `${method} ${scheme}://${host}${path}${query}`),
      ],
      ['From', address],
      ['Route', route && [linkTo('routes', route.name, route.name), `: ${route.action}`]],
      ['Endpoint', route?.endpoint],
      ['Side of the split', split && sideWords(split)],
      [
        'Client',
        consumer &&
          `${consumer.id} (${consumer.via}), scopes: ${consumer.scopes.join(' ') || 'none'}`,
      ],
      ...Object.entries(outcome.headers ?? {}),
    ]),
  );
}

const CHOSEN = {
  when: 'the request asks for it',
  sticky: '',
  chance: 'by chance',
  aborted: 'its own side is aborted',
};

/** @param {NonNullable<Explained['split']>} split */
const sideWords = ({ side, by, bucket, sticky }) =>
  [
    side,
    CHOSEN[by],
    bucket !== undefined && `bucket ${Number((bucket * 100).toFixed(3))} % by ${sticky}`,
  ]
    .filter(Boolean)
    .join(', ');

/**
 * @param {Explained['outcome']} outcome
 * @returns {readonly [Level, string]}
 */
function outcomeWords({ kind, status, code: error, by }) {
  const who = by === undefined ? '' : ` by ${by}`;
  if (kind === 'refused') return ['bad', `refused${who}: ${status} ${error}`];
  if (kind === 'answered') return ['ok', `answered${who} with ${status}, without a call`];
  return ['ok', 'passed on to the action of its route'];
}

/** @type {Readonly<Record<ExplainedCandidate['outcome'], Level>>} */
const CANDIDATES = { wins: 'ok', outranked: 'note', fails: 'warn', unclear: 'warn' };

/**
 * @param {Explained['matching']} matching
 * @returns {Child}
 */
const candidates = ({ method, candidates: found, more, near, others, readings }) => [
  method === undefined ? '' : h('p', {}, 'A preflight: looked up as ', code(method), '.'),
  found.length > 0 &&
    h(
      'ol',
      { class: 'steps' },
      found.map(({ route, match, outcome, why }) =>
        h(
          'li',
          { key: `${route} ${match}` },
          badge(CANDIDATES[outcome], outcome),
          h(
            'div',
            {},
            linkTo('routes', route, route),
            ' ',
            code(match),
            why === '' ? '' : h('p', {}, why),
          ),
        ),
      ),
    ),
  found.length === 0 && h('p', {}, 'No route has a path that fits.'),
  near === undefined ? '' : h('p', {}, 'Did you mean ', code(near), '?'),
  ...readings.map(({ path, route }) =>
    h('p', {}, 'Read as ', code(path), ': ', linkTo('routes', route, route)),
  ),
  more === 0 ? '' : h('p', { class: 'faint' }, `${more} more with this path.`),
  others === 0
    ? ''
    : h('p', { class: 'faint' }, `${others} more not looked at: their path does not fit.`),
];

/** @type {Readonly<Record<NonNullable<ExplainedPlugin['outcome']>, Level>>} */
const STEPS = {
  passes: 'ok',
  answers: 'ok',
  refuses: 'bad',
  'not run': 'note',
  'not reached': 'note',
};

/** @param {readonly ExplainedPlugin[]} plugins */
const steps = (plugins) =>
  h(
    'ol',
    { class: 'steps' },
    plugins.map(({ plugin, phase, outcome, says, code: error, detail, reason, changes }) =>
      h(
        'li',
        { key: `${plugin} ${phase}` },
        badge(STEPS[outcome ?? 'not run'], outcome ?? 'no request'),
        h(
          'div',
          {},
          h('strong', {}, plugin),
          phase === undefined ? '' : h('span', { class: 'faint' }, ` ${phase}`),
          h(
            'p',
            {},
            [says === '' ? detail : says, error, reason && `reason ${reason}`]
              .filter(Boolean)
              .join(' · '),
          ),
          changes.length > 0 && h('p', { class: 'faint' }, `changes ${changes.join(', ')}`),
        ),
      ),
    ),
  );

/** @param {Explained} explained */
const calls = ({ calls: all, fallback, mirrors = [] }) =>
  h(
    'ol',
    { class: 'steps' },
    all.map((call, index) => h('li', { key: `${index} ${call.name}` }, ...callLine(call))),
    fallback &&
      h(
        'li',
        { key: 'fallback' },
        badge('note', 'fallback'),
        h(
          'div',
          {},
          `on ${fallback.on.join(', ')}: `,
          String(fallback.upstream ?? fallback.status),
        ),
      ),
    mirrors.map((mirror) => h('li', { key: `mirror ${mirror.upstream}` }, ...mirrorLine(mirror))),
  );

/** @param {NonNullable<Explained['mirrors']>[number]} mirror */
const mirrorLine = ({ upstream, path, share, isCompared }) => [
  badge('note', 'mirror'),
  h(
    'div',
    {},
    code(path),
    ' to ',
    linkTo('upstreams', upstream, upstream),
    share === 0 ? ', not with this method' : `, ${percent(share)} of the requests`,
    isCompared && share > 0 ? ', compared' : '',
  ),
];

/** @param {ExplainedCall} call */
const callLine = ({
  name,
  upstream,
  method,
  path,
  query,
  headers,
  after,
  isRequired,
  when,
  foreach,
  otherwise,
  target,
}) => [
  badge(when === 'unmet' || when === 'unasked' ? 'note' : 'ok', name === '' ? 'forwards' : name),
  h(
    'div',
    {},
    code(`${method} ${path}${query}`),
    ' to ',
    linkTo('upstreams', upstream, upstream),
    target === undefined ? '' : [', target ', code(target)],
    h(
      'p',
      { class: 'faint' },
      [
        name !== '' && (isRequired ? 'required' : 'optional'),
        after.length > 0 && `after ${after.join(', ')}`,
        when === 'unmet' && 'not called: its condition does not hold',
        when === 'unasked' && 'not called: none of its fields is asked for',
        when === 'unknown' && 'if its condition holds',
        foreach &&
          `for each of ${foreach.of}, at most ${foreach.max}, ${foreach.concurrency} at once`,
        otherwise !== undefined && `if it fails, ${otherwise} is asked`,
        `with ${headers.join(', ')}`,
      ]
        .filter(Boolean)
        .join(' · '),
    ),
  ),
];
