import { describe, expect, test } from 'vitest';
import { type Entry, startDnsServer } from '../../helpers/dns-server.ts';
import { byService, watched, type Watched } from '../../helpers/discovery.ts';

const NAME = '_http._tcp.orders.svc';

/** The first report of a discovery of the services. */
async function discovered(
  entries: Readonly<Record<string, Entry>>,
  scheme: 'http' | 'https' = 'http',
): Promise<Watched> {
  const seen = watched(byService(await startDnsServer(entries), { scheme }));
  await seen.told(1);
  return seen;
}

describe('targets by service', () => {
  test('have the port, the priority, the weight and the name of their record', async () => {
    const { found } = await discovered(
      {
        [NAME]: {
          SRV: [
            { priority: 20, weight: 5, port: 443, name: 'spare.svc' },
            { priority: 10, weight: 10, port: 8081, name: 'one.svc' },
            { priority: 10, weight: 30, port: 8082, name: 'two.svc' },
          ],
        },
        'one.svc': { A: ['10.0.0.1'] },
        'two.svc': { A: ['10.0.0.2'] },
        'spare.svc': { A: ['10.0.0.3'] },
      },
      'https',
    );
    expect(found).toEqual([
      [
        { origin: 'https://10.0.0.1:8081', weight: 10, priority: 10, host: 'one.svc:8081' },
        { origin: 'https://10.0.0.2:8082', weight: 30, priority: 10, host: 'two.svc:8082' },
        { origin: 'https://10.0.0.3', weight: 5, priority: 20, host: 'spare.svc' },
      ],
    ]);
  });

  test('are weighed against those of their own priority only', async () => {
    const { found } = await discovered({
      [NAME]: {
        SRV: [
          { priority: 1, weight: 0, port: 80, name: 'zero.svc' },
          { priority: 1, weight: 1, port: 80, name: 'one.svc' },
          { priority: 2, weight: 0, port: 80, name: 'spare.svc' },
        ],
      },
      'zero.svc': { A: ['10.0.0.1'] },
      'one.svc': { A: ['10.0.0.2'] },
      'spare.svc': { A: ['10.0.0.3'] },
    });
    expect(found[0]?.map(({ weight }) => weight)).toEqual([1, 100, 1]);
  });

  test('share the weight of their name', async () => {
    const { found } = await discovered({
      [NAME]: {
        SRV: [
          { weight: 1, port: 80, name: 'one.svc' },
          { weight: 1, port: 80, name: 'two.svc' },
        ],
      },
      'one.svc': { A: ['10.0.0.1', '10.0.0.2'] },
      'two.svc': { A: ['10.0.0.3'] },
    });
    expect(found[0]?.map(({ origin, weight }) => [origin, weight])).toEqual([
      ['http://10.0.0.1', 1],
      ['http://10.0.0.2', 1],
      ['http://10.0.0.3', 2],
    ]);
  });

  test('use AAAA addresses if a name has no others', async () => {
    const { origins } = await discovered({
      [NAME]: {
        SRV: [
          { port: 81, name: 'six.svc' },
          { port: 82, name: 'both.svc' },
        ],
      },
      'six.svc': { AAAA: ['2001:db8::1'] },
      'both.svc': { A: ['10.0.0.1'], AAAA: ['2001:db8::2'] },
    });
    expect(origins).toEqual(['http://10.0.0.1:82', 'http://[2001:db8::1]:81']);
  });

  test('look up the addresses of a name once, however many ports it has', async () => {
    const server = await startDnsServer({
      [NAME]: {
        SRV: [
          { port: 81, name: 'one.svc' },
          { port: 82, name: 'one.svc' },
        ],
      },
      'one.svc': { A: ['10.0.0.1'] },
    });
    const seen = watched(byService(server));
    await seen.told(1);
    expect(seen.origins).toEqual(['http://10.0.0.1:81', 'http://10.0.0.1:82']);
    expect(server.questions).toEqual([`SRV ${NAME}`, 'A one.svc']);
  });
});

describe('names of services', () => {
  const SRV = [
    { port: 81, name: 'good.svc' },
    { port: 82, name: 'bad.svc' },
  ];

  test('that fail or do not exist do not affect the others', async () => {
    for (const bad of [{ 'bad.svc': 'SERVFAIL' as const }, {}]) {
      const { origins, failures } = await discovered({
        [NAME]: { SRV },
        'good.svc': { A: ['10.0.0.1'] },
        ...bad,
      });
      expect(origins).toEqual(['http://10.0.0.1:81']);
      expect(failures).toEqual([]);
    }
  });

  test('are a failure if none has an address and one of them failed', async () => {
    const { found, failures } = await discovered({ [NAME]: { SRV }, 'bad.svc': 'SERVFAIL' });
    expect(found).toEqual([]);
    expect(failures.map(({ message }) => message)).toEqual([
      expect.stringMatching(/ did not return the A records of bad\.svc: ESERVFAIL$/),
    ]);
  });

  test('are an empty answer if none of them exists', async () => {
    const { found } = await discovered({ [NAME]: { SRV } });
    expect(found).toEqual([[]]);
  });
});

describe('SRV records', () => {
  test('that do not exist, or say that there is no service, are an empty answer', async () => {
    for (const entries of [{}, { [NAME]: {} }, { [NAME]: { SRV: [{ port: 0, name: '.' }] } }]) {
      const server = await startDnsServer(entries);
      const { found, told } = watched(byService(server));
      await told(1);
      expect(found).toEqual([[]]);
      expect(server.questions).toEqual([`SRV ${NAME}`]);
    }
  });

  test('that no server can give are a failure', async () => {
    const { found, failures } = await discovered({ [NAME]: 'SERVFAIL' });
    expect(found).toEqual([]);
    expect(failures[0]?.message).toContain(`did not return the SRV records of ${NAME}: ESERVFAIL`);
  });
});
