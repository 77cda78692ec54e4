import { expect, test } from 'vitest';
import { Metrics } from '../../src/observe/metrics.ts';

test('series whose labels are known begin at 0, so that the first event is an increase', async () => {
  const text = await new Metrics(() => []).text();
  const atZero = [...text.matchAll(/^(portico_\w+)\{(.*)\} 0$/gm)].map((found) => found.slice(1));
  expect(atZero).toEqual([
    ['portico_connections_refused_total', 'limit="connections"'],
    ['portico_connections_refused_total', 'limit="address"'],
    ['portico_connections_refused_total', 'limit="descriptors"'],
    ['portico_connections_refused_total', 'limit="proxyProtocol"'],
    ['portico_spans_total', 'result="sent"'],
    ['portico_spans_total', 'result="failed"'],
    ['portico_config_reloads_total', 'result="applied"'],
    ['portico_config_reloads_total', 'result="rejected"'],
    ['portico_tls_reloads_total', 'result="applied"'],
    ['portico_tls_reloads_total', 'result="rejected"'],
  ]);
});

test('a config that is refused shows until the next one is applied', async () => {
  const metrics = new Metrics(() => []);
  const shown = async () =>
    /^portico_config_last_load_successful (\d)$/m.exec(await metrics.text())?.[1];
  metrics.config.observeLoad('applied', 1);
  expect(await shown()).toBe('1');
  metrics.config.observeLoad('rejected', 1);
  expect(await shown()).toBe('0');
  metrics.config.observeLoad('applied', 2);
  expect(await shown()).toBe('1');
});

test('a part that is missing because of a status that nobody registered has the reason status-other', async () => {
  const metrics = new Metrics(() => []);
  for (const status of [500, 599, 742, 'x'.repeat(9)]) {
    metrics.countDegradedPart('home', `status-${status}`);
  }
  metrics.countDegradedPart('home', 'timeout');
  expect((await metrics.text()).match(/^portico_degraded_parts_total\{.*$/gm)).toEqual([
    'portico_degraded_parts_total{route="home",reason="status-500"} 1',
    'portico_degraded_parts_total{route="home",reason="status-other"} 3',
    'portico_degraded_parts_total{route="home",reason="timeout"} 1',
  ]);
});

test('an error has a cause of a fixed set', async () => {
  const metrics = new Metrics(() => []);
  for (const cause of ['ECONNREFUSED', 'HPE_INVALID_METHOD', 'HPE_MADE_UP', 'body/items/0', 'x']) {
    metrics.countError('r', 'GW_X', cause);
  }
  expect([...(await metrics.text()).matchAll(/cause="(.*?)"/g)].map(([, cause]) => cause)).toEqual([
    'ECONNREFUSED',
    'HPE_INVALID_METHOD',
    'other',
    'schema',
  ]);
});

test('targets that share a label are one series, healthy while all of them are', async () => {
  const targets = [
    { label: 'http://a', isAvailable: true },
    { label: 'other', isAvailable: false },
    { label: 'other', isAvailable: true },
  ];
  const up = { name: 'up', circuit: undefined, slotsUsed: 0, slots: 1, queued: 0 };
  const metrics = new Metrics(() => [{ ...up, isPanicking: false, targets }]);
  expect((await metrics.text()).match(/^portico_target_healthy\{.*$/gm)).toEqual([
    'portico_target_healthy{upstream="up",target="http://a"} 1',
    'portico_target_healthy{upstream="up",target="other"} 0',
  ]);
});
