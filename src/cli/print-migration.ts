/** What `GET /migration` answers, for people: a row for each side, and below a route what is to be known of it. */
import { visible } from '../config/fault.ts';
import { isMap, type Tree } from '../config/yaml/tree.ts';
import { asText } from './admin-port.ts';
import { type Column, table } from './table.ts';

const COLUMNS: readonly Column[] = [
  { name: 'PATH', cut: 'start' },
  { name: 'OWNER' },
  { name: 'SIDE' },
  { name: 'SHARE' },
  { name: 'CALLS' },
  { name: 'ERRORS' },
  { name: 'P95' },
];
const INDENT = '    ';

/** In lines of up to `width` characters. */
export function migrationLines(list: Tree, width: number): readonly string[] {
  const routes = mapsIn(list['routes']);
  const rows = routes.map(rowsOf);
  const [head = '', ...lines] = table(COLUMNS, rows.flat(), width);
  const notes = routes.map((route) => notesOf(route).flatMap((note) => wrapped(note, width)));
  let at = 0;
  return [
    head,
    ...rows.flatMap((own, i) => [...lines.slice(at, (at += own.length)), ...notes[i]!]),
    ...endOf(list).flatMap((note) => wrapped(note, width, '')),
  ];
}

/** At least one, for the path and the owner. */
function rowsOf(route: Tree): readonly (readonly string[])[] {
  const sides = mapsIn(route['sides']);
  const cells = sides.length === 0 ? [['', '', '', '', '']] : sides.map(sideCells);
  return cells.map((each, i) =>
    i === 0 ? [pathOf(route), textOf(route['owner']), ...each] : ['', '', ...each],
  );
}

/** `GET /shop/*`, of several the first. */
function pathOf({ match, route }: Tree): string {
  const [first, ...more] = Array.isArray(match) ? match.map(asText) : [];
  if (first === undefined) return textOf(route);
  const path = first.replace(/^any /, '');
  return more.length === 0 ? path : `${path} +${more.length}`;
}

function sideCells({ upstream, share, traffic }: Tree): readonly string[] {
  const { calls, failures, latency } = isMap(traffic) ? traffic : {};
  return [
    textOf(upstream),
    percent(share),
    typeof calls === 'number' ? count(calls) : '',
    typeof calls === 'number' && typeof failures === 'number'
      ? percent(calls === 0 ? undefined : failures / calls)
      : '',
    p95(latency),
  ];
}

function notesOf(route: Tree): readonly string[] {
  const { changed, next } = route;
  return [
    ...mapsIn(route['sides']).flatMap(({ upstream, aborted }) =>
      isMap(aborted)
        ? [`${textOf(upstream)} is out since ${textOf(aborted['at'])}: ${textOf(aborted['why'])}`]
        : [],
    ),
    ...mapsIn(route['mirrors']).map(mirrorNote),
    ...(isMap(changed)
      ? [`unchanged since ${textOf(changed['at'])}, generation ${asText(changed['generation'])}`]
      : []),
    ...(isMap(next) ? [`next: ${textOf(next['words'])}`] : []),
  ];
}

function mirrorNote({ upstream, comparison }: Tree): string {
  const name = `mirror ${textOf(upstream)}`;
  if (!isMap(comparison)) return `${name}: not compared`;
  const { compared, ratio, fields, primary, mirror } = comparison;
  if (compared === 0) return `${name}: nothing compared yet`;
  const places = mapsIn(fields).map(({ field, answers }) => `${textOf(field)} ${count(answers)}`);
  const where = places.length === 0 ? '' : ` (${places.join(', ')})`;
  return `${name}: ${percent(ratio)} of ${count(compared)} differ${where}; p95 ${p95(mirror)}, here ${p95(primary)}`;
}

function endOf({ windowSeconds, unused }: Tree): readonly string[] {
  const names = Array.isArray(unused) ? unused.map(asText) : [];
  return [
    ...(names.length === 0
      ? []
      : [`Nothing calls ${names.join(', ')}: delete what has been replaced.`]),
    ...(typeof windowSeconds === 'number'
      ? [`Calls, errors and p95 are those of the last ${windowSeconds} s.`]
      : []),
  ];
}

/** Breaks `text` between words. */
function wrapped(text: string, width: number, indent = INDENT): readonly string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of visible(text).split(' ')) {
    if (line.trim() !== '' && line.length + word.length + 1 > width) {
      lines.push(line);
      line = `${indent}  `;
    }
    line += line.trim() === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}

const mapsIn = (value: unknown): readonly Tree[] =>
  Array.isArray(value) ? value.filter(isMap) : [];
const textOf = (value: unknown): string => (value === undefined ? '' : asText(value));
const count = (value: unknown): string =>
  typeof value === 'number' ? value.toLocaleString('en') : asText(value);

/** What is not 0 is never shown as 0. */
const percent = (share: unknown): string =>
  typeof share === 'number' ? `${Number((share * 100).toPrecision(3))} %` : '';

function p95(latency: unknown): string {
  const ms = isMap(latency) ? latency['p95Ms'] : undefined;
  if (typeof ms !== 'number') return '';
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(2)} s`;
}
