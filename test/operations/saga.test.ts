import { describe, expect, test } from 'vitest';
import { describePostgres } from '../helpers/postgres.ts';
import type { Resource } from './gateways.ts';
import { sharedShop } from './shared-shop.ts';
import { type Ledger, ORDER } from './shop.ts';

describePostgres('a saga', () => {
  const shared = sharedShop();
  const { ledger } = shared;

  /** Starts it, and waits for its end. */
  const run = async (headers: Record<string, string> = {}): Promise<Resource> => {
    const response = await shared.shop.start(ORDER, headers);
    expect(response.status).toBe(202);
    const { id } = (await response.json()) as Resource;
    return shared.shop.ended(id);
  };
  /** The charge is answered like that. */
  const charging = (fault: Ledger['fault']): void => {
    ledger.fault = (entry, response) =>
      entry.path === '/payments' ? fault(entry, response) : undefined;
  };

  test('is accepted at once, and calls its steps in order with what came before', async () => {
    const response = await shared.shop.start(ORDER);
    expect(response.status).toBe(202);
    expect(response.headers.get('retry-after')).toBe('1');
    const { id } = (await response.json()) as Resource;
    expect(response.headers.get('location')).toBe(`/operations/${id}`);
    expect(await shared.shop.ended(id)).toMatchObject({
      status: 'completed',
      currentStepIndex: 4,
      completedSteps: ['reserve', 'charge', 'ship', 'confirm'],
      compensatedSteps: [],
    });
    expect(ledger.effects).toEqual([
      'POST /reservations',
      'POST /payments',
      'POST /shipments/north?order=o1',
      'POST /orders/o1/confirm',
    ]);
    const [reserve, charge, ship, confirm] = ledger.calls;
    expect(reserve?.body).toBe('{"orderId":"o1","items":[{"sku":"p1"}]}');
    expect(charge?.body).toBe('{"amount":12345678901234567890,"customer":"ada","order":"#o1"}');
    expect(charge?.key).toBe(`${id}:charge`);
    expect(ship?.headers).toMatchObject({ 'x-operation': id, 'portico-operation': id });
    expect(confirm?.body).toBe('');
  });

  test('undoes what was done, in reverse, when a step is refused', async () => {
    charging(() => 402);
    const ended = await run();
    expect(ended).toMatchObject({
      status: 'failed',
      failureReason: 'STATUS_402',
      completedSteps: ['reserve'],
      compensatedSteps: ['reserve'],
    });
    expect(ledger.effects).toEqual(['POST /reservations', 'DELETE /reservations/by-key/reserve']);
    // Refused is certain: it was not repeated.
    expect(ledger.calls.filter(({ path }) => path === '/payments')).toHaveLength(1);
  });

  test('refunds a charge that was made and cut off, once, before it releases the goods', async () => {
    charging(() => 'cut');
    const ended = await run();
    expect(ended).toMatchObject({ status: 'failed', compensatedSteps: ['charge', 'reserve'] });
    expect(ended.steps[1]).toMatchObject({ outcome: 'undone', attempts: 3 });
    expect(ledger.effects).toEqual([
      'POST /reservations',
      'POST /payments',
      'POST /refunds',
      'DELETE /reservations/by-key/reserve',
    ]);
    const refund = ledger.calls.find(({ path }) => path === '/refunds');
    expect(refund?.body).toBe(`{"paymentKey":"${ended.id}:charge"}`);
    expect(refund?.key).toBe(`${ended.id}:charge:undo`);
  });

  test('repeats a step with the same key, as often as it says', async () => {
    let calls = 0;
    charging(() => (++calls < 3 ? 503 : undefined));
    expect(await run()).toMatchObject({ status: 'completed' });
    const charges = ledger.calls.filter(({ path }) => path === '/payments');
    expect(charges).toHaveLength(3);
    expect(new Set(charges.map(({ key }) => key)).size).toBe(1);
  });

  test('takes "nothing to undo" for done only once a cut-off call must have arrived', async () => {
    const asked: number[] = [];
    ledger.fault = ({ path }) => {
      if (path === '/payments') return 500;
      if (path !== '/refunds') return undefined;
      asked.push(performance.now());
      return 404;
    };
    expect(await run()).toMatchObject({
      status: 'failed',
      compensatedSteps: ['charge', 'reserve'],
    });
    expect(asked).toHaveLength(2);
    const refunds = ledger.calls.filter(({ path }) => path === '/refunds');
    expect(refunds.map(({ key }) => key.replace(/^.*charge/, ''))).toEqual([':undo', ':undo.2']);
  });

  test('is stuck when an undo keeps failing, and leaves the steps before it', async () => {
    ledger.fault = ({ path }) =>
      path.startsWith('/shipments') ? 409 : path === '/refunds' ? 500 : undefined;
    const stuck = await run();
    expect(stuck).toMatchObject({ status: 'stuck', stuckStep: 'charge' });
    expect(ledger.calls.filter(({ path }) => path === '/refunds')).toHaveLength(3);
    expect(ledger.effects).not.toContain('DELETE /reservations/by-key/reserve');
  });

  test('fails a step whose template has no value, and undoes what was before', async () => {
    const response = await shared.shop.start('{"orderId":"o2","items":[]}');
    const { id } = (await response.json()) as Resource;
    expect(await shared.shop.ended(id)).toMatchObject({
      status: 'failed',
      failureReason: 'TEMPLATE',
    });
    expect(ledger.effects).toEqual(['POST /reservations', 'DELETE /reservations/by-key/reserve']);
  });

  test('an input stays in its segment, and what cannot be one fails the step', async () => {
    const ofOrder = async (order: string): Promise<Resource> => {
      const { id } = (await (
        await shared.shop.start(ORDER.replace('o1', order))
      ).json()) as Resource;
      return shared.shop.ended(id);
    };
    expect(await ofOrder('a/b?c')).toMatchObject({ status: 'completed' });
    expect(ledger.effects).toContain('POST /orders/a%2Fb%3Fc/confirm');
    expect(await ofOrder('../admin')).toMatchObject({ failureReason: 'TEMPLATE' });
    expect(ledger.effects.join()).not.toContain('admin/confirm');
  });

  describe('with a key', () => {
    test('is started once, whoever repeats it, and answers the same', async () => {
      const headers = { 'idempotency-key': '"k-once"' };
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => shared.shop.start(ORDER, headers)),
      );
      const bodies = await Promise.all(answers.map((each) => each.json() as Promise<Resource>));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
      const [id, ...others] = new Set(bodies.map((each) => each.id));
      expect(others).toEqual([]);
      await shared.shop.ended(id!);
      expect(ledger.effects).toHaveLength(4);
    });

    test('is refused for another body, and another operation for another client', async () => {
      const headers = { 'idempotency-key': 'k-other' };
      const first = (await (await shared.shop.start(ORDER, headers)).json()) as Resource;
      const mismatch = await shared.shop.start('{"orderId":"o9"}', headers);
      expect(mismatch.status).toBe(422);
      const bobs = (await (await shared.shop.start(ORDER, headers, 'bob')).json()) as Resource;
      expect(bobs.id).not.toBe(first.id);
      for (const [id, name] of [
        [first.id, 'ada'],
        [bobs.id, 'bob'],
      ] as const) {
        expect(await shared.shop.ended(id, name)).toMatchObject({ status: 'completed' });
      }
    });

    test('that is none is refused', async () => {
      expect((await shared.shop.start(ORDER, { 'idempotency-key': '""' })).status).toBe(400);
    });
  });

  describe('is refused', () => {
    test.each([
      ['no JSON', 'x', 400],
      ['no object', '[]', 400],
      ['two of one member', '{"a":1,"a":2}', 400],
      ['more than 64 KiB', JSON.stringify({ a: 'x'.repeat(66_000) }), 413],
    ])('a body of %s', async (_what, body, status) => {
      expect((await shared.shop.start(body)).status).toBe(status);
      expect(ledger.calls).toEqual([]);
    });

    test('a client that nobody knows', async () => {
      expect((await shared.shop.start(ORDER, {}, '')).status).toBe(401);
    });
  });

  describe('for a client that waits', () => {
    test('is answered with its end', async () => {
      const response = await shared.shop.start(ORDER, { prefer: 'wait=10' });
      expect(response.status).toBe(200);
      expect(response.headers.get('preference-applied')).toBe('wait=10');
      expect(await response.json()).toMatchObject({ status: 'completed' });
    });

    test('is a problem when it failed, with what was undone', async () => {
      charging(() => 402);
      const response = await shared.shop.start(ORDER, { prefer: 'respond-async, wait=10' });
      expect(response.status).toBe(409);
      expect(await response.json()).toMatchObject({
        type: 'urn:portico:error:GW_OPERATION_FAILED',
        operation: { status: 'failed', compensatedSteps: ['reserve'] },
      });
    });

    test('is 202 when it takes longer', async () => {
      const late = Promise.withResolvers<undefined>();
      charging(() => late.promise);
      const response = await shared.shop.start(ORDER, { prefer: 'wait=1' });
      expect(response.status).toBe(202);
      late.resolve(undefined);
      const { id } = (await response.json()) as Resource;
      expect(await shared.shop.ended(id)).toMatchObject({ status: 'completed' });
    });
  });

  describe('that is cancelled', () => {
    /** Cancels it while the charge is under way. */
    const cancelled = async (): Promise<{ response: Response; id: string }> => {
      const [charged, cancel] = [Promise.withResolvers<void>(), Promise.withResolvers<undefined>()];
      charging(() => {
        charged.resolve();
        return cancel.promise;
      });
      const { id } = (await (await shared.shop.start(ORDER)).json()) as Resource;
      await charged.promise;
      const response = await shared.shop.fetch(`/operations/${id}`, { method: 'DELETE' });
      cancel.resolve(undefined);
      return { response, id };
    };

    test('goes no further, and is undone', async () => {
      const { response, id } = await cancelled();
      expect(response.status).toBe(202);
      expect(await shared.shop.ended(id)).toMatchObject({
        status: 'failed',
        failureReason: 'cancelled',
        compensatedSteps: ['charge', 'reserve'],
      });
      expect(ledger.effects.slice(2)).toEqual([
        'POST /refunds',
        'DELETE /reservations/by-key/reserve',
      ]);
    });

    test('cannot be cancelled once it has ended', async () => {
      const { id } = await run();
      const response = await shared.shop.fetch(`/operations/${id}`, { method: 'DELETE' });
      expect(response.status).toBe(409);
    });
  });

  test('never stores a claim that no step names, nor any credential', async () => {
    await run({ authorization: 'Bearer top-secret' });
    const dump = shared.postgres.dump();
    expect(dump).toContain('reservations');
    expect(dump).not.toMatch(/never stored|top-secret/);
  });
});
