/** A difference of two configs as lines: risks first. */
import { visible } from '../../config/fault.ts';
import type { KeyChange } from '../../diff/changes.ts';
import type { Diff, RouteChange, UpstreamChange } from '../../diff/diff.ts';
import type { Risk } from '../../diff/risk.ts';
import type { Place } from '../../diff/side.ts';

/** So many names stand in a line; the others are counted. */
const MOST_NAMES = 3;

const SIGNS = { added: '+', removed: '-', changed: '~' } as const;

export function diffLines(diff: Diff): string[] {
  const sections = [
    section('risks', diff.risks.map(riskLine)),
    section('routes', [
      ...diff.added.map((each) => routeLine('+', each)),
      ...diff.removed.map((each) => routeLine('-', each)),
      ...changesOf(diff, 'routes'),
    ]),
    section(
      'requests that go to another route',
      diff.moved.map(({ sample = 'perhaps', from, to }) => `${sample}: ${from} → ${to}`),
    ),
    section('upstreams', [...diff.upstreams.map(upstreamLine), ...changesOf(diff, 'upstreams')]),
    section('other', changesOf(diff)),
    section('restart required', diff.restart),
  ].filter((lines) => lines.length > 0);
  if (sections.length === 0) return ['no difference in meaning'];
  return sections.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${visible(line)}`)];

const riskLine = ({ severity, rule, paths, message, before, after }: Risk): string =>
  `${severity.padEnd(6)}  ${rule}  ${namesText(paths)}: ${message} ${placesText(before, after)}`;

const routeLine = (sign: string, { route, match, action, open, place }: RouteChange): string =>
  `${sign} ${route}: ${match.join(' or ')} → ${action}${open ? ', for anyone' : ''} ${placesText(place)}`;

const upstreamLine = ({ upstream, change, loses, place }: UpstreamChange): string =>
  `${SIGNS[change]} ${upstream}: ${lossText(change, loses)} ${placesText(place)}`;

function lossText(change: UpstreamChange['change'], loses: readonly string[]): string {
  if (change === 'added') return 'new';
  return loses.length === 0 ? 'all of its state lives on' : loses.join(', ');
}

/** Those of a section; without one, of all sections that have no lines of their own. */
const changesOf = ({ changed }: Diff, wanted?: string): string[] =>
  changed
    .filter(({ section: own }) =>
      wanted === undefined ? own !== 'routes' && own !== 'upstreams' : own === wanted,
    )
    .map(changeLine);

function changeLine({ names, text, before, after }: KeyChange): string {
  const subject = names.length === 0 ? '' : `${namesText(names)}: `;
  return `~ ${subject}${text} ${placesText(before, after)}`;
}

function namesText(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  const shown = names.slice(0, MOST_NAMES).join(', ');
  return more > 0 ? `${shown} and ${more} more` : shown;
}

const placesText = (...places: readonly (Place | undefined)[]): string =>
  `(${places.flatMap((place) => (place ? `${place.file}:${place.line}` : [])).join(' → ')})`;
