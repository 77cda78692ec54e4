/** deploy/prometheus, by promtool: it is valid, and each alert fires in its case, and none where all is well. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { slugOf } from '../../src/config/docs/reference.ts';
import { describePrometheus, promtool, type Ran } from '../helpers/prometheus.ts';
import { type AlertCase, CASES, HEALTHY } from './alert-cases.ts';

const RULES = 'deploy/prometheus/alerts.yaml';

interface Rule {
  readonly alert: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}

const { groups } = parse(readFileSync(RULES, 'utf8')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
};
const ALERTS = groups.flatMap(({ rules }) => rules);

/** Runs `promtool test rules` on one world: at each moment, these alerts fire. */
function firing(
  series: AlertCase['series'],
  expected: readonly { readonly at: string; readonly query: string; readonly fires: boolean }[],
): Ran {
  const folder = mkdtempSync(join(tmpdir(), 'portico-alerts-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'test.yaml');
  const test_ = {
    interval: '15s',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: expected.map(({ at, query, fires }) => ({
      expr: `count(ALERTS{alertstate="firing",${query}})`,
      eval_time: at,
      exp_samples: fires ? [{ labels: '{}', value: 1 }] : [],
    })),
  };
  const suite = { rule_files: [resolve(RULES)], evaluation_interval: '30s', tests: [test_] };
  writeFileSync(file, stringify(suite));
  return promtool('test', 'rules', file);
}

const FINE = { status: 0, output: expect.stringContaining('SUCCESS') as string };

describePrometheus('promtool', () => {
  test('accepts the rules', () => {
    expect(promtool('check', 'rules', '--lint=all', '--lint-fatal', RULES)).toMatchObject(FINE);
  });

  test('accepts the scrape config', () => {
    const ran = promtool('check', 'config', 'deploy/prometheus/prometheus.yaml');
    expect(ran).toMatchObject(FINE);
  });

  test('sees no alert fire where all is well', () => {
    const quiet = ['10m', '25m'].map((at) => ({ at, query: 'job!="x"', fires: false }));
    expect(firing(HEALTHY, quiet)).toMatchObject(FINE);
  });

  test.each(ALERTS.map(({ alert }) => alert))('sees %s fire in its case, in time', (alert) => {
    const { series, at = '25m', notYet } = CASES[alert]!;
    const query = `alertname="${alert}"`;
    const before = notYet === undefined ? [] : [{ at: notYet, query, fires: false }];
    const ran = firing({ ...HEALTHY, ...series }, [...before, { at, query, fires: true }]);
    expect(ran).toMatchObject(FINE);
  });
});

describe('each alert', () => {
  const page = readFileSync('docs/operations.md', 'utf8');

  test('has a case, and no case is of another', () => {
    expect(ALERTS.map(({ alert }) => alert).toSorted()).toEqual(Object.keys(CASES).toSorted());
  });

  test.each(ALERTS)('$alert: leads to its section of docs/operations.md', (rule) => {
    expect(rule.annotations['runbook_url']).toBe(`docs/operations.md#${slugOf(rule.alert)}`);
    expect(page).toContain(`\n### ${rule.alert}\n`);
    expect(['critical', 'warning']).toContain(rule.labels.severity);
    expect(Object.keys(rule.annotations)).toEqual(['summary', 'description', 'runbook_url']);
  });

  test('is one that there is: no section is of an alert that is gone', () => {
    const sections = [...page.matchAll(/^### (Portico\w+)$/gm)].map(([, name]) => name!);
    expect(sections.toSorted()).toEqual(ALERTS.map(({ alert }) => alert).toSorted());
  });
});
