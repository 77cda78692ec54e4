/** docs/mirror.md: its example compares as the page says, and its tables name what there is. */
import { expect, test } from 'vitest';
import { MIRROR_OUTCOMES } from '../../src/routes/mirror/mirror-state.ts';
import { Page } from '../helpers/page.ts';
import { metricsOf } from '../listener/gateway.ts';
import { statusOf, untilMirror } from '../routes/mirror/support.ts';
import { served } from './served.ts';

const PAGE = new Page('docs/mirror.md');
const [EXAMPLE] = PAGE.blocks('yaml');

const answer = (more: object, item: object) => ({
  body: {
    generatedAt: Math.random(),
    items: [{ id: 1, etag: Math.random(), rating: 4.5, changed: '2026-12-01T10:00:00Z', ...item }],
    ...more,
  },
});

test('the example compares by its rules, and finds what is really different', async () => {
  let price = 10;
  const gateway = await served(EXAMPLE!, {
    random: () => 0.05,
    upstreams: {
      catalog: () => answer({}, { price: 10, tags: ['a', 'b'] }),
      'catalog-next': () =>
        answer(
          {},
          { price, tags: ['b', 'a'], rating: 4.54, changed: '2026-12-01T12:00:00.000+02:00' },
        ),
    },
  });
  await gateway.fetch('/api/catalog/1');
  await untilMirror(gateway, ({ comparison }) => comparison!.compared === 1);
  expect((await statusOf(gateway)).comparison!.different).toBe(0);
  price = 11;
  await gateway.fetch('/api/catalog/1');
  await untilMirror(gateway, ({ comparison }) => comparison!.compared === 2);
  const { comparison } = await statusOf(gateway);
  expect(comparison!.fields).toEqual([{ field: 'items[].price', answers: 1 }]);
  const { gateway: running } = gateway;
  const listed = await fetch(`${running.adminUrl}/mirrors/catalog`);
  expect(await listed.text()).toContain('"items[0].price"');
});

test('the status on the page has the fields of a real one', async () => {
  const gateway = await served(EXAMPLE!, {
    random: () => 0.05,
    upstreams: { catalog: () => answer({}, {}), 'catalog-next': () => answer({}, { id: 2 }) },
  });
  await gateway.fetch('/api/catalog/1');
  const real = await untilMirror(gateway, ({ comparison }) => comparison!.compared === 1);
  const shown = JSON.parse(PAGE.blocks('json')[0]!) as typeof real;
  expect(Object.keys(shown)).toEqual(Object.keys(real));
  expect(Object.keys(shown.comparison!)).toEqual(Object.keys(real.comparison!));
  expect(Object.keys(shown.comparison!.mirror!)).toEqual(Object.keys(real.comparison!.mirror!));
});

test('the table of outcomes has all of them, and the metrics have the labels of the page', async () => {
  const listed = [...PAGE.text.matchAll(/^\| `(\w+)` \| /gm)].map(([, word]) => word!);
  expect(listed).toEqual(expect.arrayContaining([...MIRROR_OUTCOMES]));
  const gateway = await served(EXAMPLE!, {
    random: () => 0.05,
    upstreams: { catalog: () => ({}), 'catalog-next': () => ({}) },
  });
  await gateway.fetch('/api/catalog/1');
  await untilMirror(gateway, ({ comparison }) => comparison!.compared === 1);
  const metrics = await metricsOf(gateway);
  const own = 'route="catalog",upstream="catalog-next"';
  expect(metrics).toContain(`portico_mirror_requests_total{${own},outcome="answered"} 1`);
  expect(metrics).toContain(`portico_mirror_compared_total{${own},result="same"} 1`);
  for (const side of ['primary', 'mirror']) {
    expect(metrics).toContain(`portico_mirror_duration_seconds_count{${own},side="${side}"} 1`);
  }
});
