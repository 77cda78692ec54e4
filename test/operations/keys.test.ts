import { expect, test } from 'vitest';
import { inParallel, report } from '../chaos/measure.ts';
import { size } from '../helpers/figures.ts';
import { describePostgres, ownPostgres } from '../helpers/postgres.ts';
import { GatewayProcess } from './gateway-process.ts';
import type { Resource } from './gateways.ts';
import { ORDER, startLedger } from './shop.ts';

const ROUNDS = size('KEY_ROUNDS', 1, 20);
const STARTS = 100;

describePostgres('of three gateways on one store', { timeout: 300_000 }, () => {
  const postgres = ownPostgres();

  test('a hundred starts with one key are one operation, and a hundred equal answers', async () => {
    const ledger = await startLedger();
    const gateways = await inParallel(3, 3, () =>
      GatewayProcess.start({ store: { postgres: postgres.url() }, url: ledger.url }),
    );
    for (let round = 0; round < ROUNDS; round++) {
      const headers = { 'idempotency-key': `round-${round}` };
      const answers = await inParallel(STARTS, STARTS, (i) =>
        gateways[i % 3]!.start(ORDER, headers),
      );
      const ids = new Set<string>();
      for (const answer of answers) {
        const { id } = (await answer.json()) as Resource;
        ids.add(id);
        expect([answer.status, answer.headers.get('location')]).toEqual([202, `/operations/${id}`]);
      }
      expect(ids.size).toBe(1);
      const [id] = ids;
      const other = await inParallel(3, 3, (i) => gateways[i]!.start('{"orderId":"o9"}', headers));
      expect(other.map(({ status }) => status)).toEqual([422, 422, 422]);
      const bobs = (await (await gateways[0]!.start(ORDER, headers, 'bob')).json()) as Resource;
      expect(bobs.id).not.toBe(id);
      await gateways[1]!.ended(id!);
      await gateways[2]!.read(bobs.id, 'bob');
      await endedFor(gateways[2]!, bobs.id);
    }
    // Two operations a round, of four steps each, none of them called twice.
    expect(ledger.effects).toHaveLength(ROUNDS * 8);
    expect(ledger.calls).toHaveLength(ROUNDS * 8);
    report('keys', { rounds: ROUNDS, starts: ROUNDS * STARTS, calls: ledger.calls.length });
  });
});

async function endedFor(gateway: GatewayProcess, id: string): Promise<void> {
  await expect
    .poll(async () => (await gateway.read(id, 'bob')).status, { timeout: 60_000 })
    .toBe('completed');
}
