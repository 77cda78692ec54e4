/**
 * deploy/grafana and deploy/prometheus, by a real Prometheus that scrapes real gateways: the rules load, and every
 * query of the dashboard answers, with data where there was traffic for it.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { describePrometheus, type Prometheus, startPrometheus } from '../helpers/prometheus.ts';
import { listenTls, metricsOf, pair } from '../listener/gateway.ts';
import { askAll, busyGateway } from './busy-gateway.ts';
import { queriesOf, readDashboard } from './dashboard.ts';

const DASHBOARD = readDashboard('deploy/grafana/portico.json');
const ALERTS = readFileSync('deploy/prometheus/alerts.yaml', 'utf8');

/** Queries that may be empty: what this traffic does not bring about, and what shows for a moment only. */
const MAY_BE_EMPTY =
  /portico_(?:slots_given_up_total|jwks_fetches_total|operation_duration|saga_)|portico_upstream_panic.* > 0|== 0|changes\(/;

/** Scrapes the admin ports each second, with our rules. */
async function prometheusOf(adminUrls: readonly string[]): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'portico-scraped-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const config = parse(readFileSync('deploy/prometheus/prometheus.yaml', 'utf8')) as {
    readonly scrape_configs: readonly [object];
  };
  const targets = adminUrls.map((url) => new URL(url).host);
  const file = join(folder, 'prometheus.yaml');
  const quick = {
    ...config,
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [resolve('deploy/prometheus/alerts.yaml')],
    scrape_configs: [{ ...config.scrape_configs[0], static_configs: [{ targets }] }],
  };
  writeFileSync(file, stringify(quick));
  return startPrometheus(file);
}

describePrometheus('with a real Prometheus', { timeout: 120_000 }, () => {
  test('the rules load, and each query of the dashboard answers', async () => {
    const busy = await busyGateway();
    const secure = await listenTls(pair('server'));
    const prometheus = await prometheusOf([busy.gateway.adminUrl!, secure.gateway.adminUrl!]);
    const queries = queriesOf(DASHBOARD, '1m');
    expect(queries.length).toBeGreaterThan(60);
    const withoutData = async (): Promise<string[]> => {
      await askAll(busy);
      const answers = await Promise.all(queries.map(({ text }) => prometheus.query(text)));
      const empty = queries.filter(({ text }, i) => {
        return answers[i]!.length === 0 && !MAY_BE_EMPTY.test(text);
      });
      return empty.map(({ asker }) => asker);
    };
    await expect.poll(withoutData, { timeout: 90_000, interval: 1_000 }).toEqual([]);
    const healthOfRules = async (): Promise<string[]> =>
      (await prometheus.rules()).map(({ health }) => health);
    const count = [...ALERTS.matchAll(/- alert: /g)].length;
    await expect
      .poll(healthOfRules, { timeout: 20_000 })
      .toEqual(Array.from({ length: count }, () => 'ok'));
  });
});

describe('the dashboard', () => {
  const panels = DASHBOARD.panels.filter(({ type }) => type !== 'row');

  test('names metrics that there are, as the alerts do', async () => {
    const metrics = await metricsOf(await busyGateway());
    const asked = [...queriesOf(DASHBOARD, '1m').map(({ text }) => text), ALERTS].join('\n');
    const names = new Set(asked.match(/\b(?:portico|process|nodejs)_\w+/g));
    expect(names.size).toBeGreaterThan(30);
    const unknown = [...names].filter((name) => !isExposed(name, metrics));
    expect(unknown).toEqual([]);
  });

  test.each(panels)('$title: says what it shows, in what unit, by which source', (panel) => {
    expect(panel.description).toMatch(/\S/);
    expect(panel.type === 'state-timeline' || panel.fieldConfig?.defaults.unit).toBeTruthy();
    expect(panel.datasource?.uid).toBe('${datasource}');
    expect(panel.targets?.every(({ legendFormat }) => legendFormat !== '')).toBe(true);
  });

  test('has panels that do not overlap, each with an id of its own', () => {
    expect(new Set(DASHBOARD.panels.map(({ id }) => id)).size).toBe(DASHBOARD.panels.length);
    const cells = DASHBOARD.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(DASHBOARD.panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });

  test('is of a schema that Grafana still reads', () => {
    expect(DASHBOARD.schemaVersion).toBeGreaterThanOrEqual(39);
  });
});

/** With the endings of a histogram's samples. */
const isExposed = (name: string, metrics: string): boolean =>
  [name, name.replace(/_(?:bucket|sum|count)$/, '')].some((each) =>
    metrics.includes(`# TYPE ${each} `),
  );
