import { describe, expect, test } from 'vitest';
import { faultsOf, withOrders } from '../config/config-files.ts';
import { startGateway } from '../gateway/support/gateway.ts';

const REFUSED = 'is refused unless the server allows it: set "allowFaults: true" under "server"';
const ABORT = 'fault: { abort: { status: 503 } }';

const config = (server: string, defaults: string, route: string): string =>
  withOrders(
    [
      `server: { ${server} }`,
      `defaults: { routes: { ${defaults} } }`,
      `routes: { a: { match: { path: /a }, upstream: orders, ${route} } }`,
    ].join('\n'),
  );

describe('a config with faults is refused', () => {
  test.each(['', 'allowFaults: false'])(
    'where the server does not allow them (%s)',
    async (server) => {
      expect(await faultsOf(config(server, '', ABORT))).toEqual([
        `c.yaml:5:55  routes.a.fault: ${REFUSED}`,
      ]);
      expect(await faultsOf(config(server, ABORT, ''))).toEqual([
        `c.yaml:4:23  defaults.routes.fault: ${REFUSED}`,
      ]);
      expect(await faultsOf(config(server, ABORT, 'fault: false'))).toHaveLength(1);
    },
  );

  test('but not where it does, or takes them away', async () => {
    expect(await faultsOf(config('allowFaults: true', ABORT, ABORT))).toEqual([]);
    expect(await faultsOf(config('', '', 'fault: false'))).toEqual([]);
    const fromOutside = config('allowFaults: "${ALLOW:-false}"', '', ABORT).replaceAll('"', '');
    expect(
      await faultsOf(fromOutside.replace(/\{ (allowFaults: \S+) \}/, '\n  $1'), { ALLOW: 'true' }),
    ).toEqual([]);
  });

  test('where a route of a BFF says so', async () => {
    const bff = new URL('fixtures/fault-bff.ts', import.meta.url).pathname;
    const start = (server: object) =>
      startGateway({ config: { server, routes: { m: { match: { path: '/m/*' }, bff } } } });
    await expect(start({})).rejects.toThrow(
      /config\.portico\.fault: set "allowFaults: true" under "server"/,
    );
    const { fetch } = await start({ allowFaults: true });
    expect((await fetch('/m/a')).status).toBe(418);
  });
});

describe('the options', () => {
  test.each([
    ['fault: {}', 'fault: does nothing: give it a delay, an abort, or both'],
    ['fault: { delay: { time: 2m } }', 'fault.delay.time: must be longer than 0 and at most 1m'],
    ['fault: { delay: { time: 0s } }', 'fault.delay.time: must be longer than 0 and at most 1m'],
    ['fault: { abort: { status: 200 } }', 'fault.abort.status: must be at least 400, found 200'],
    ['fault: { abort: { status: 600 } }', 'fault.abort.status: must be at most 599, found 600'],
    [
      'fault: { abort: { status: 503, percent: 101% } }',
      'fault.abort.percent: "101%" is more than 100%',
    ],
  ])('%s are refused', async (keys, fault) => {
    const faults = await faultsOf(config('allowFaults: true', '', keys));
    expect(faults.map((each) => each.replace(/^.*? {2}routes\.a\./, ''))).toEqual([fault]);
  });
});
