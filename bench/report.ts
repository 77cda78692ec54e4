/** Tables and verdicts, as Markdown, so that they can be kept as they are. */
import { arch, availableParallelism, cpus } from 'node:os';
import type { Verdict } from './budgets.ts';
import type { Cores } from '../src/load/cores.ts';
import type { BenchOptions } from './options.ts';
import { versionOf } from './programs.ts';
import { neededBy, PARENTAL } from './skip.ts';
import type { Heat } from './subjects/subject.ts';
import { type GroupResult, type Line, type Round, type Spread, summarize } from './summary.ts';

type Column = readonly [title: string, cell: (line: Line) => string];

const COLUMNS: readonly Column[] = [
  ['subject', ({ name }) => name],
  ['µs CPU/request', ({ cpuUs }) => cpuUs.toFixed(1)],
  ['× floor', ({ ratio }) => times(ratio)],
  ['× own floor', ({ ownRatio }) => times(ownRatio)],
  ['req/s', ({ requestsPerSecond }) => requestsPerSecond.toFixed(0)],
  ['core used', ({ coreShare }) => `${(coreShare * 100).toFixed(0)} %`],
  ['mean ms', ({ meanMs }) => meanMs.toFixed(2)],
  ['p50 ms', ({ p50Ms }) => p50Ms.toFixed(2)],
  ['p99 ms', ({ p99Ms }) => p99Ms.toFixed(2)],
  ['p99 ÷ mean', ({ tail }) => tail.toFixed(2)],
  ['RSS MiB', ({ residentBytes }) => (residentBytes / 1_048_576).toFixed(0)],
  ['non-2xx', ({ non2xx }) => String(non2xx)],
  ['errors', ({ errors }) => String(errors)],
];

/** At half the rate: nothing is measured there to compare the CPU time with. */
const NOT_AT_HALF: ReadonlySet<string> = new Set(['× floor', '× own floor', 'RSS MiB']);
const HALF_COLUMNS = COLUMNS.filter(([title]) => !NOT_AT_HALF.has(title));
const SHORT_TITLES: ReadonlySet<string> = new Set([
  'subject',
  'µs CPU/request',
  '× floor',
  'req/s',
  'p50 ms',
  'p99 ms',
  'RSS MiB',
]);
const SHORT_COLUMNS = COLUMNS.filter(([title]) => SHORT_TITLES.has(title));

const times = (spread: Spread | undefined): string => spread?.median.toFixed(2) ?? '–';

/** The subjects of a group, without those that could not be paced where a rate was asked for. */
export const linesOf = ({ heats }: GroupResult): Line[] =>
  heats.flatMap(({ heat, rounds }) => measuredIn(heat, rounds));

/** The same at half the rate. */
export const halfLinesOf = ({ heats }: GroupResult): Line[] =>
  heats.flatMap(({ heat, halves }) => measuredIn(heat, halves));

const measuredIn = (heat: Heat, rounds: readonly Round[]): Line[] =>
  heat.filter(({ name }) => rounds[0]?.has(name)).map((subject) => summarize(subject, rounds));

const formatLines = (columns: readonly Column[], lines: readonly Line[]): string =>
  formatRows(
    columns.map(([title]) => title),
    lines.map((line) => columns.map(([, cell]) => cell(line))),
  );

/** A group under its heading. */
export const formatGroup = (group: GroupResult): string =>
  `## ${group.name}\n\n${formatTables(group)}`;

/** The table of a group, and its second one where it has one. */
export function formatTables(group: GroupResult): string {
  const half = halfLinesOf(group);
  return [
    formatLines(COLUMNS, linesOf(group)),
    ...(half.length === 0
      ? []
      : ['At half the rate that each can do:', formatLines(HALF_COLUMNS, half)]),
  ].join('\n\n');
}

/** What a reader wants to know first. */
export const formatShort = (lines: readonly Line[]): string => formatLines(SHORT_COLUMNS, lines);

/** A Markdown table; its first column holds names. */
export function formatRows(
  titles: readonly string[],
  body: readonly (readonly string[])[],
): string {
  const rows = [titles, ...body];
  const widths = titles.map((_, i) => Math.max(3, ...rows.map((row) => row[i]!.length)));
  const text = rows.map((row) => formatRow(row.map((cell, i) => pad(cell, widths[i]!, i))));
  const rule = formatRow(
    widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)),
  );
  return [text[0], rule, ...text.slice(1)].join('\n');
}

const formatRow = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
/** Names to the left, figures to the right. */
const pad = (cell: string, width: number, column: number): string =>
  column === 0 ? cell.padEnd(width) : cell.padStart(width);

/** One line each; those about subjects that did not run are only counted. */
export function formatVerdicts(verdicts: readonly Verdict[]): string {
  const judged = verdicts.filter(({ isKept }) => isKept !== undefined);
  const left = verdicts.length - judged.length;
  return [
    ...judged.map(({ claim, isKept, measured }) => `${mark(isKept)}  ${claim} (${measured})`),
    ...(left === 0 ? [] : [`skip  ${left} budgets of subjects that did not run`]),
  ].join('\n');
}

const mark = (isKept: boolean | undefined): string => (isKept ? 'pass' : 'FAIL');

/** From this share on, a run says little. */
const NOISY = 0.1;

export function formatNoise(share: number): string {
  const said = `Other programs used ${(share * 100).toFixed(0)} % of the machine meanwhile`;
  return share < NOISY ? `${said}.` : `${said}: these figures are NOISY.`;
}

/** How it was measured, in one line. */
export function formatSetting(options: BenchOptions, { gateway, rest }: Cores): string {
  const { connections, load, fromSources } = options;
  const pins =
    gateway === undefined
      ? 'NOT pinned, so that ratios may rank wrongly'
      : `gateway on core ${gateway}, load and upstream on ${rest}`;
  const code = fromSources ? 'its sources' : 'dist';
  const programs = programsOf(options).map(versionOf);
  return [
    `Node ${process.versions.node}, ${arch()}, ${availableParallelism()} cores (${machine()}), ${pins}`,
    `${formatRounds(options)}, ${connections} connections, load by ${load}`,
    `Portico from ${code}${['', ...programs].join(', ')}.`,
  ].join('; ');
}

export const formatRounds = ({ starts, rounds, seconds }: BenchOptions): string =>
  `${starts > 1 ? `${starts} starts with ` : ''}${rounds} ${rounds === 1 ? 'round' : 'rounds'} of ${seconds} s`;

function programsOf({ groups, load }: BenchOptions): string[] {
  const subjects = groups.flatMap(({ heats }) => heats.flat());
  const tools = load === 'wrk' ? ['wrk'] : [];
  const named = new Set([...subjects.flatMap(neededBy), ...tools]);
  return [...named].filter((name) => name !== PARENTAL);
}

/** As the machine calls its processor. */
export const machine = (): string => cpus()[0]?.model.trim() ?? 'unknown processor';
