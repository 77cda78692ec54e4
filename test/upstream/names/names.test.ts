import { describe, expect, onTestFinished, test } from 'vitest';
import { type NameEvent, Names } from '../../../src/upstream/names/names.ts';
import { manualClock } from '../../helpers/clock.ts';
import { type Entry, startDnsServer } from '../../helpers/dns-server.ts';
import { systemFiles } from '../../helpers/system-files.ts';
import { eventually } from '../../helpers/upstream.ts';

/** Names served by a DNS server of the test; the clock moves only when the test moves it. */
async function namesOf(zone: Readonly<Record<string, Entry>>, resolvConf = '') {
  const server = await startDnsServer(zone);
  const files = systemFiles(server, resolvConf);
  const clock = manualClock();
  const events: [string, NameEvent][] = [];
  const names = new Names({ clock, files, onEvent: (...event) => void events.push(event) });
  onTestFinished(() => names.close());
  return { server, files, clock, events, names };
}

describe('a name', () => {
  test('is looked up once, however many ask for it, and kept while it is fresh', async () => {
    const { names, server, clock } = await namesOf({ 'a.test': { A: ['10.0.0.1'], ttl: 7 } });
    const many = await Promise.all(Array.from({ length: 50 }, () => names.resolve('a.test')));
    expect(new Set(many.flat())).toEqual(new Set(['10.0.0.1']));
    clock.advance(6_999);
    await names.resolve('a.test');
    expect(server.questions.toSorted()).toEqual(['A a.test', 'AAAA a.test']);
    clock.advance(1);
    await names.resolve('a.test');
    expect(server.questions).toHaveLength(4);
  });

  test('that is slow delays no other name', async () => {
    const slow = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`slow${i}.test`, 'silence' as const]),
    );
    const { names } = await namesOf({ ...slow, 'a.test': { A: ['10.0.0.1'] } });
    const late = Object.keys(slow).map((name) => names.resolve(name).catch(String));
    const startedAt = performance.now();
    expect(await names.resolve('a.test')).toEqual(['10.0.0.1']);
    expect(performance.now() - startedAt).toBeLessThan(900);
    await Promise.all(late);
  });

  test('keeps its last good answer while the next one is late', async () => {
    const { names, server, clock } = await namesOf({ 'a.test': { A: ['10.0.0.1'], ttl: 1 } });
    await names.resolve('a.test');
    server.zone.set('a.test', { A: ['10.0.0.2'], after: 400 });
    clock.advance(1_000);
    const first = names.resolve('a.test');
    await eventually(() => server.questions.length === 4);
    clock.advance(200);
    expect(await first).toEqual(['10.0.0.1']);
    // Later callers do not wait at all.
    expect(await names.resolve('a.test')).toEqual(['10.0.0.1']);
    await expect.poll(() => names.resolve('a.test')).toEqual(['10.0.0.2']);
    expect(server.questions).toHaveLength(4);
  });

  test.each([
    ['SERVFAIL' as const, / a\.test: ESERVFAIL$/],
    ['silence' as const, /^no answer for 2000 ms$/],
    [{}, /^a\.test is neither in the hosts file nor in DNS at /],
  ])(
    'keeps its last good answer while the next one is %j, and the log says so once',
    async (entry, why) => {
      const { names, server, clock, events } = await namesOf({ 'a.test': { A: ['10.0.0.1'] } });
      await names.resolve('a.test');
      server.zone.set('a.test', entry);
      for (const ms of [60_000, 2_000, 2_000]) {
        clock.advance(ms);
        const answer = names.resolve('a.test');
        await eventually(() => server.questions.length >= 4);
        clock.advance(200);
        expect(await answer).toEqual(['10.0.0.1']);
      }
      const failing = { kind: 'failing', resolver: server.address };
      expect(events).toEqual([
        ['a.test', { ...failing, why: expect.stringMatching(why) as unknown }],
      ]);
      server.zone.set('a.test', { A: ['10.0.0.3'] });
      await expect
        .poll(
          () => {
            clock.advance(1_000);
            return names.resolve('a.test');
          },
          { timeout: 5_000 },
        )
        .toEqual(['10.0.0.3']);
      expect(events.slice(1)).toEqual([['a.test', { kind: 'recovered' }]]);
    },
  );

  test('fails a day after its last good answer', async () => {
    const { names, server, clock } = await namesOf({ 'a.test': { A: ['10.0.0.1'] } });
    await names.resolve('a.test');
    server.zone.delete('a.test');
    clock.advance(86_400_000);
    await expect(names.resolve('a.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  test.each([
    ['SERVFAIL' as const, 'EAI_AGAIN'],
    ['silence' as const, 'EAI_AGAIN'],
    [{}, 'ENOTFOUND'],
  ])(
    'for which DNS answers %j fails with %s, and is looked up again after a second',
    async (entry, code) => {
      const { names, server, clock, events } = await namesOf({ 'a.test': entry });
      await expect(names.resolve('a.test')).rejects.toMatchObject({ code });
      await expect(names.resolve('a.test')).rejects.toMatchObject({ code });
      expect(server.questions).toHaveLength(2);
      expect(events).toMatchObject([['a.test', { kind: 'failing', resolver: server.address }]]);
      server.zone.set('a.test', { A: ['10.0.0.1'] });
      clock.advance(1_000);
      expect(await names.resolve('a.test')).toEqual(['10.0.0.1']);
    },
  );

  test('that takes two seconds is reported while it is waited for', async () => {
    const { names, server, clock, events } = await namesOf({
      'a.test': { A: ['10.0.0.1'], after: 300 },
    });
    const answer = names.resolve('a.test');
    clock.advance(2_000);
    const why = 'no answer for 2000 ms';
    expect(events).toEqual([['a.test', { kind: 'failing', resolver: server.address, why }]]);
    expect(await answer).toEqual(['10.0.0.1']);
    expect(events.slice(1)).toEqual([['a.test', { kind: 'recovered' }]]);
  });
});

describe('addresses of both families', () => {
  test('are all returned, those of the other family last', async () => {
    const { names } = await namesOf({ 'a.test': { A: ['10.0.0.1'], AAAA: ['2001:db8::1'] } });
    const addresses = await names.resolve('a.test');
    expect(addresses.toSorted()).toEqual(['10.0.0.1', '2001:db8::1']);
  });

  test('rotate', async () => {
    const { names } = await namesOf({ 'a.test': { A: ['10.0.0.1', '10.0.0.2'] } });
    const seen = [await names.resolve('a.test'), await names.resolve('a.test')];
    expect(seen.map(([first]) => first!).toSorted()).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(seen.map(({ length }) => length)).toEqual([2, 2]);
  });

  test.each(['A', 'AAAA'] as const)(
    'do not wait for a server that never answers %s',
    async (type) => {
      const entry = { A: ['10.0.0.1'], AAAA: ['2001:db8::1'], after: { [type]: 600_000 } };
      const { names, clock } = await namesOf({ 'a.test': entry });
      const answer = names.resolve('a.test');
      await eventually(() => clock.pending === 3);
      clock.advance(50);
      expect(await answer).toEqual([type === 'A' ? '2001:db8::1' : '10.0.0.1']);
    },
  );
});

describe('the system', () => {
  test('has its hosts file consulted first, which is read again when it changes', async () => {
    const { names, server, files } = await namesOf({ 'a.test': { A: ['10.0.0.1'] } });
    expect(await names.resolve('a.test')).toEqual(['10.0.0.1']);
    files.writeHosts('10.1.1.1 a.test\n');
    expect(await names.resolve('A.test')).toEqual(['10.1.1.1']);
    files.writeHosts('10.2.2.22 a.test\n');
    expect(await names.resolve('a.test')).toEqual(['10.2.2.22']);
    expect(await names.resolve('localhost')).toEqual(['127.0.0.1', '::1']);
    expect(server.questions).toHaveLength(2);
  });

  test('has its search domains used, with both families of one name', async () => {
    const zone = { 'a.one.test': { A: ['10.0.0.1'] }, a: { AAAA: ['::1'], A: ['10.9.9.9'] } };
    const { names } = await namesOf(zone, 'search none.test one.test\n');
    expect(await names.resolve('a')).toEqual(['10.0.0.1']);
    expect((await names.resolve('a.')).toSorted()).toEqual(['10.9.9.9', '::1']);
  });

  test('goes on to the next search domain if one cannot be resolved', async () => {
    const zone = { 'a.none.test': 'SERVFAIL' as const, 'a.one.test': { A: ['10.0.0.1'] } };
    const { names } = await namesOf(zone, 'search none.test one.test\n');
    expect(await names.resolve('a')).toEqual(['10.0.0.1']);
  });

  test('is asked according to its current resolv.conf', async () => {
    const { names, files } = await namesOf({});
    const other = await startDnsServer({ 'a.two.test': { A: ['10.0.0.2'] } });
    files.writeResolvConf(`nameserver ${other.address}\nsearch two.test\n`);
    expect(await names.resolve('a')).toEqual(['10.0.0.2']);
  });
});

describe('look-ups for sockets', () => {
  const found = (names: Names, options: object) =>
    new Promise((resolve) => {
      names.lookup('a.test', options, (...answer) => resolve(answer));
    });

  test('return one address or all, of the requested family', async () => {
    const { names } = await namesOf({ 'a.test': { A: ['10.0.0.1'], AAAA: ['2001:db8::1'] } });
    expect(await found(names, { family: 6 })).toEqual([null, '2001:db8::1', 6]);
    expect(await found(names, { family: 'IPv4' })).toEqual([null, '10.0.0.1', 4]);
    const four = { address: '10.0.0.1', family: 4 };
    expect(await found(names, { family: 4, all: true })).toEqual([null, [four]]);
    const [, all] = (await found(names, { family: 0, all: true })) as [null, unknown[]];
    expect(all).toHaveLength(2);
  });

  test('fail if there is no address of that family', async () => {
    const { names } = await namesOf({ 'a.test': { A: ['10.0.0.1'] } });
    const [error] = (await found(names, { family: 6 })) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ENOTFOUND');
  });
});
