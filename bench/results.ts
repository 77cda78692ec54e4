/**
 * Keeps what a run has measured: tables and plots in `results/`, and the core in README.md.
 *
 * A group replaces only its own section, so that groups can be measured one by one.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { judge } from './budgets.ts';
import { HERE } from './checkout.ts';
import type { BenchOptions } from './options.ts';
import { cpuChart } from './plots/cpu-chart.ts';
import { latencyChart } from './plots/latency-chart.ts';
import {
  formatRounds,
  formatShort,
  formatTables,
  formatVerdicts,
  halfLinesOf,
  linesOf,
  machine,
} from './report.ts';
import { GROUP_NAMES } from './subjects/index.ts';
import type { GroupResult } from './summary.ts';

const FOLDER = 'bench/results';
const README = 'README.md';
const [BEGIN, END] = ['<!-- bench: written by npm run bench -->', '<!-- /bench -->'] as const;

export interface Occasion {
  readonly options: BenchOptions;
  /** When it was measured. */
  readonly date: Date;
  /** How, in one line. */
  readonly setting: string;
  /** How much else the machine did, in one sentence. */
  readonly noise: string;
}

/**
 * @param root where `bench/results` and README.md are
 * @returns the files it has written, relative to `root`; none for subjects that were chosen one by one
 */
export function writeResults(
  group: GroupResult,
  occasion: Occasion,
  root: string = HERE,
): string[] {
  if (!GROUP_NAMES.includes(group.name)) return [];
  const table = join(FOLDER, 'table.md');
  const files = new Map([
    ...plotsOf(group, occasion).map(([name, picture]) => [join(FOLDER, name), picture] as const),
    [table, withSection(read(root, table), group, occasion)] as const,
    ...(group.name === 'core'
      ? [[README, withCore(read(root, README), group, occasion)] as const]
      : []),
  ]);
  for (const [file, content] of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), content);
  }
  return [...files.keys()];
}

const read = (root: string, file: string): string =>
  existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '';

function plotsOf(group: GroupResult, occasion: Occasion): [file: string, picture: string][] {
  const { name } = group;
  const half = halfLinesOf(group);
  const isHalf = half.length > 0;
  const base = { group: name, setting: placeAndTime(occasion) };
  const cpu = cpuChart({ ...base, lines: linesOf(group) });
  const latency = latencyChart({
    ...base,
    lines: isHalf ? half : linesOf(group),
    load: isHalf ? 'at half the rate that each can do' : 'at full load',
  });
  return [
    ...(cpu === '' ? [] : [[`cpu-${name}.svg`, cpu] as [string, string]]),
    [`latency-${name}.svg`, latency],
  ];
}

/** Machine, Node and date in words. */
function placeAndTime({ options, date }: Occasion): string {
  const day = date.toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
  const cores = availableParallelism();
  return `${machine()}, ${cores} cores, Node ${process.versions.node}, ${day}; ${formatRounds(options)}`;
}

/** `text` with the section of `group` in its place, and with the others as they were. */
function withSection(text: string, group: GroupResult, occasion: Occasion): string {
  const sections = new Map(
    [...text.matchAll(/^## (\S+)\n[^]*?(?=^## |(?![^]))/gm)].map(([section, name]) => [
      name!,
      section.trim(),
    ]),
  );
  sections.set(group.name, sectionOf(group, occasion));
  return [
    '# What the benchmark has measured',
    'Written by `npm run bench -- --write`; [README.md](../README.md) explains subjects, method and columns.',
    ...GROUP_NAMES.flatMap((name) => sections.get(name) ?? []),
    '',
  ].join('\n\n');
}

function sectionOf(group: GroupResult, { date, setting, noise }: Occasion): string {
  const { name } = group;
  const plots = [`cpu-${name}.svg`, `latency-${name}.svg`];
  return [
    `## ${name}`,
    `${date.toISOString().slice(0, 10)}. ${setting} ${noise}`,
    formatTables(group),
    plots.map((file) => `![${file.replace('.svg', '')}](${file})`).join('\n'),
    `\`\`\`\n${formatVerdicts(judge([group]))}\n\`\`\``,
  ].join('\n\n');
}

/** README.md with the plots and a short table of the core between its two marks; without marks, as it was. */
function withCore(text: string, core: GroupResult, occasion: Occasion): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) return text;
  const shown = [
    BEGIN,
    formatShort(linesOf(core)),
    `${placeAndTime(occasion)}. ${occasion.noise}`,
    `![CPU time per request](${FOLDER}/cpu-core.svg)`,
    `![Latency](${FOLDER}/latency-core.svg)`,
  ].join('\n\n');
  return `${text.slice(0, begin)}${shown}\n\n${text.slice(end)}`;
}
