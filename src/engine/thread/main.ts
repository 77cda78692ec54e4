/** The thread's entry: opens the engine, answers what it is asked, and has the gateway make the calls. */
import { parentPort, workerData } from 'node:worker_threads';
import type { CallOrder, CallResult } from '../../operations/engine.ts';
import { codeOf } from '../error-code.ts';
import type { FromThread, ThreadOrder, ToThread } from '../messages.ts';
import { RunningEngine } from './running-engine.ts';

/** Of a call beyond its own time, which the gateway keeps: then its answer is missing. */
const LATE_MS = 5_000;

if (parentPort !== null) await begin(parentPort, workerData as ThreadOrder);

async function begin(port: NonNullable<typeof parentPort>, order: ThreadOrder): Promise<void> {
  const tell = (message: FromThread): void => port.postMessage(message);
  const calls = new Map<number, (result: CallResult) => void>();
  const faults = new Set<string>();
  let called = 0;

  const perform = (call: CallOrder): Promise<CallResult> =>
    new Promise((resolve) => {
      const number = ++called;
      const settle = (result: CallResult): void => {
        clearTimeout(timer);
        calls.delete(number);
        resolve(result);
      };
      const missing = (): void => settle({ outcome: 'unknown', why: 'GW_INTERNAL' });
      const timer = setTimeout(missing, call.timeoutMs + LATE_MS);
      calls.set(number, settle);
      tell({ kind: 'call', number, order: call });
    });

  /** Stops for good, in the middle of everything; whoever set the fault then ends the thread. */
  const pass = (point: string): void => {
    if (!faults.has(point)) return;
    tell({ kind: 'reached', at: point });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  };

  // Before the store is there: a fault may be meant for the first moment, and a gateway may stop.
  const opening = Promise.withResolvers<RunningEngine>();
  opening.promise.catch(() => undefined);
  const unneeded = Promise.withResolvers<void>();
  port.on('message', (message: ToThread) => {
    switch (message.kind) {
      case 'fault':
        faults.add(message.at);
        break;
      case 'called':
        calls.get(message.number)?.(message.result);
        break;
      case 'ask':
        void answer(message);
        break;
      case 'close':
        void close(message.graceMs);
        break;
      case 'unneeded':
        unneeded.resolve();
    }
  });

  const answer = async ({ number, ask }: Extract<ToThread, { kind: 'ask' }>): Promise<void> => {
    try {
      const engine = await opening.promise;
      tell({ kind: 'answer', number, value: await engine.answer(ask) });
    } catch (error) {
      tell({ kind: 'failed', number, error: (error as Error).message, code: codeOf(error) });
    }
  };

  const close = async (graceMs: number): Promise<void> => {
    const engine = await opening.promise;
    await engine.close(graceMs, unneeded.promise).catch(() => undefined);
    tell({ kind: 'closed' });
    port.close();
  };

  const engine = await RunningEngine.open({
    ...order,
    perform,
    tell: (event) => tell({ kind: 'event', event }),
    pass,
  });
  opening.resolve(engine);
  tell({ kind: 'ready' });
}
