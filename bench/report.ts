/** The table and the verdicts, as Markdown, so that they can be kept as they are. */
import { arch, availableParallelism } from 'node:os';
import type { Verdict } from './budgets.ts';
import type { Cores } from '../src/load/cores.ts';
import type { BenchOptions } from './options.ts';
import type { Line } from './summary.ts';

type Column = readonly [title: string, cell: (line: Line) => string];

const COLUMNS: readonly Column[] = [
  ['contestant', ({ name }) => name],
  ['µs CPU/request', ({ cpuUs }) => cpuUs.toFixed(1)],
  ['× floor', ({ ratio }) => ratio?.toFixed(2) ?? '–'],
  ['req/s', ({ requestsPerSecond }) => requestsPerSecond.toFixed(0)],
  ['core used', ({ coreShare }) => `${(coreShare * 100).toFixed(0)} %`],
  ['p50 ms', ({ p50Ms }) => p50Ms.toFixed(1)],
  ['p99 ms', ({ p99Ms }) => p99Ms.toFixed(1)],
  ['non-2xx', ({ non2xx }) => String(non2xx)],
  ['errors', ({ errors }) => String(errors)],
  ['RSS MiB', ({ residentBytes }) => (residentBytes / 1_048_576).toFixed(0)],
];

export function formatTable(lines: readonly Line[]): string {
  return formatRows(
    COLUMNS.map(([title]) => title),
    lines.map((line) => COLUMNS.map(([, cell]) => cell(line))),
  );
}

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

export function formatVerdicts(verdicts: readonly Verdict[]): string {
  return verdicts
    .map(({ claim, isKept, measured }) => `${mark(isKept)}  ${claim} (${measured})`)
    .join('\n');
}

function mark(isKept: boolean | undefined): string {
  if (isKept === undefined) return 'skip';
  return isKept ? 'pass' : 'FAIL';
}

/** From this share on, a run says little. */
const NOISY = 0.1;

export function formatNoise(share: number): string {
  const said = `Other programs used ${(share * 100).toFixed(0)} % of the machine meanwhile`;
  return share < NOISY ? `${said}.` : `${said}: these figures are NOISY.`;
}

/** How it was measured, in one line. */
export function formatSetting(options: BenchOptions, { gateway, rest }: Cores): string {
  const { rounds, seconds, connections } = options;
  const pins =
    gateway === undefined
      ? 'NOT pinned, so that ratios may rank wrongly'
      : `gateway on core ${gateway}, load and upstream on ${rest}`;
  return `Node ${process.version}, ${arch()}, ${availableParallelism()} cores, ${pins}; ${rounds} rounds of ${seconds} s, ${connections} connections; access log off.`;
}
