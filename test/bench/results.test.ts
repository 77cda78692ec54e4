/** What `--write` keeps: tables, plots and the core in README.md. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseOptions } from '../../bench/options.ts';
import { writeResults } from '../../bench/results.ts';
import type { GroupResult } from '../../bench/summary.ts';
import { aGroup, aMeasurement, aRound, costing } from './measurements.ts';

const README = [
  'Before.',
  '<!-- bench: written by npm run bench -->',
  'old',
  '<!-- /bench -->',
  'After.',
  '',
].join('\n');

function aRoot(readme = README) {
  const root = mkdtempSync(join(tmpdir(), 'portico-results-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, 'README.md'), readme);
  const write = (group: GroupResult, date = '2026-11-30'): string[] =>
    writeResults(
      group,
      {
        options: parseOptions([])!,
        date: new Date(date),
        setting: `Measured on ${date}.`,
        noise: 'It was quiet.',
      },
      root,
    );
  return { write, read: (file: string) => readFileSync(join(root, file), 'utf8') };
}

const core = (us: number): GroupResult =>
  aGroup('core', [
    aRound({ floor: costing(100), 'portico-bare': costing(us) }),
    aRound({ floor: costing(100), 'portico-bare': costing(us + 20) }),
  ]);
const log = aGroup('log', [aRound({ floor: costing(100), 'portico-log': costing(130) })]);

describe('the table', () => {
  test('has a section for each group, with setting, figures, plots and verdicts', () => {
    const { write, read } = aRoot();

    expect(write(core(105))).toEqual([
      'bench/results/cpu-core.svg',
      'bench/results/latency-core.svg',
      'bench/results/table.md',
      'README.md',
    ]);

    const table = read('bench/results/table.md');
    expect(table).toMatch(/^## core\n\n2026-11-30\. Measured on 2026-11-30\. It was quiet\.$/m);
    expect(table).toMatch(/^\| portico-bare +\| +115\.0 \| +1\.15 \|/m);
    expect(table).toContain('![cpu-core](cpu-core.svg)');
    expect(table).toContain('FAIL  portico-bare: CPU at most 1.12 × floor (1.15 ×)');
  });

  test('keeps the sections of other groups, in order, and replaces its own', () => {
    const { write, read } = aRoot();

    write(log, '2026-11-28');
    write(core(105), '2026-11-29');
    write(core(200), '2026-11-30');

    const table = read('bench/results/table.md');
    expect([...table.matchAll(/^## (.*)$/gm)].map(([, name]) => name)).toEqual(['core', 'log']);
    expect(table).toContain('2026-11-28. ');
    expect(table).not.toContain('2026-11-29. ');
    expect(table).toContain(' 210.0 ');
  });

  test('is not touched by subjects that were chosen one by one', () => {
    const { write } = aRoot();

    expect(write({ ...core(105), name: 'chosen' })).toEqual([]);
  });
});

describe('README.md', () => {
  test('gets the core between its marks, and nothing else', () => {
    const { write, read } = aRoot();

    write(core(105));

    const readme = read('README.md');
    expect(readme).toMatch(/^Before\.\n<!-- bench: .* -->\n\n\| subject /);
    expect(readme).toContain('![Latency](bench/results/latency-core.svg)');
    expect(readme).toContain('30 November 2026; 5 rounds of 5 s. It was quiet.');
    expect(readme).not.toContain('old');
    expect(readme).toMatch(/<!-- \/bench -->\nAfter\.\n$/);
  });

  test('stays as it is without marks, and for other groups', () => {
    const { write, read } = aRoot('No marks.\n');

    write(core(105));
    expect(read('README.md')).toBe('No marks.\n');
    expect(write(log)).not.toContain('README.md');
  });

  test('is the same when it is written again', () => {
    const { write, read } = aRoot();

    write(core(105));
    const once = read('README.md');
    write(core(105));

    expect(read('README.md')).toBe(once);
  });
});

describe('a plot', () => {
  const cpu = (group: GroupResult, name = group.name): string => {
    const { write, read } = aRoot();
    write(group);
    return read(`bench/results/cpu-${name}.svg`);
  };

  test('has a bar for the median of each subject, and a whisker from the lowest to the highest round', () => {
    const picture = cpu(core(105));

    // The axis goes from 0 at 180 to 1.4 at 750.
    expect(picture).toContain('>1.15<');
    expect(picture).toMatch(/<rect x="180" .*width="468.2" .*class="portico"/);
    expect(picture).toMatch(/<line x1="607.5" .*x2="688.9" .*class="whisker"/);
  });

  test('says what, where, when and in which unit', () => {
    const picture = cpu(core(105));

    expect(picture).toContain('CPU time per request: core');
    expect(picture).toMatch(/cores, Node \d+\.\d+\.\d+, 30 November 2026; 5 rounds of 5 s/);
    expect(picture).toContain('× the CPU time of floor');
  });

  test('has colours for a dark page', () => {
    expect(cpu(core(105))).toContain('@media (prefers-color-scheme: dark)');
  });

  test('divides by the own floor of each subject where the floor did not run', () => {
    const round = aRound({ 'floor-up-10k': costing(100), 'portico-up-10k': costing(130) });
    const picture = cpu(aGroup('bodies', [round]));

    expect(picture).toContain('>1.30<');
    expect(picture).toContain('× the CPU time of its own floor');
  });

  test('of the latency shows half the rate where that was measured', () => {
    const { write, read } = aRoot();
    const round = aRound({ floor: aMeasurement({ p99Ms: 40 }) });
    const half = aRound({ floor: aMeasurement({ p99Ms: 6.5 }) });

    write(aGroup('core', [round], [half]));

    const picture = read('bench/results/latency-core.svg');
    expect(picture).toContain('Latency at half the rate that each can do');
    expect(picture).toContain('>6.5<');
    expect(picture).not.toContain('>40.0<');
  });
});
