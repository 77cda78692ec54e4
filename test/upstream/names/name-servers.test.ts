import { expect, onTestFinished, test } from 'vitest';
import { NameServers } from '../../../src/upstream/names/name-servers.ts';
import { startDnsServer } from '../../helpers/dns-server.ts';
import { eventually } from '../../helpers/upstream.ts';

function nameServers(addresses: readonly string[]): NameServers {
  const servers = new NameServers(addresses);
  onTestFinished(() => servers.close());
  return servers;
}

test('addresses have the shortest TTL of all; without addresses there is none', async () => {
  const { address } = await startDnsServer({ 'a.svc': { A: ['10.0.0.1'], ttl: 7 }, 'b.svc': {} });
  const servers = nameServers([address]);
  expect(await servers.addresses('A', 'a.svc')).toEqual({ addresses: ['10.0.0.1'], ttlMs: 7_000 });
  expect(await servers.addresses('A', 'b.svc')).toEqual({ addresses: [] });
});

test('every look-up asks again, however long the TTL', async () => {
  const server = await startDnsServer({ 'a.svc': { A: ['10.0.0.1'], ttl: 3_600 } });
  const servers = nameServers([server.address]);
  await servers.addresses('A', 'a.svc');
  await servers.addresses('A', 'a.svc');
  expect(server.questions).toHaveLength(2);
});

test('once closed, open questions fail at once and no other is asked', async () => {
  const server = await startDnsServer({ 'a.svc': 'silence', 'b.svc': { A: ['10.0.0.1'] } });
  const servers = nameServers([server.address]);
  const open = expect(servers.addresses('A', 'a.svc')).rejects.toThrow('ECANCELLED');
  await eventually(() => server.questions.length === 1);

  const closedAt = performance.now();
  servers.close();
  await open;
  expect(performance.now() - closedAt).toBeLessThan(2_000);

  await expect(servers.addresses('A', 'b.svc')).rejects.toThrow('b.svc');
  await expect(servers.services('b.svc')).rejects.toThrow('b.svc');
  expect(server.questions).toEqual(['A a.svc']);
});

test('without configured servers, those of the system are asked', () => {
  expect(() => nameServers([])).not.toThrow();
});

test.each([
  ['0.0.0.0', '::'],
  ['255.255.255.255', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['10.1.2.3', '2001:db8::8:800:200c:417a'],
])('addresses are read unchanged: %s, %s', async (four, six) => {
  const { address } = await startDnsServer({ 'a.svc': { A: [four], AAAA: [six] } });
  const servers = nameServers([address]);
  expect((await servers.addresses('A', 'a.svc')).addresses).toEqual([four]);
  expect((await servers.addresses('AAAA', 'a.svc')).addresses).toEqual([six]);
});
