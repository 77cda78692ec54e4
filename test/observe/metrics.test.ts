import { expect, test } from 'vitest';
import { Metrics } from '../../src/observe/metrics.ts';

test('series whose labels are known begin at 0, so that the first event is an increase', async () => {
  const text = await new Metrics(() => []).text();
  const atZero = [...text.matchAll(/^(portico_\w+)\{(.*)\} 0$/gm)].map((found) => found.slice(1));
  expect(atZero).toEqual([
    ['portico_connections_refused_total', 'limit="connections"'],
    ['portico_connections_refused_total', 'limit="address"'],
    ['portico_connections_refused_total', 'limit="descriptors"'],
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
  metrics.observeLoad('applied', 1);
  expect(await shown()).toBe('1');
  metrics.observeLoad('rejected', 1);
  expect(await shown()).toBe('0');
  metrics.observeLoad('applied', 2);
  expect(await shown()).toBe('1');
});
