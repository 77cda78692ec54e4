/** `POST /try`: an operator sends a request through the gateway, and sees what a client would get. */
import type { FastifyInstance } from 'fastify';
import { socketPathOf } from '../core/socket-path.ts';
import { callerOf } from './guard.ts';
import type { Running } from './status.ts';
import type { ListenerStatus } from './page-data.ts';
import { readTry, type TriedRequest, TryError } from './try-order.ts';

/** So many at once. */
const MOST = 4;

export interface TryView {
  readonly token: () => string | undefined;
  readonly running: () => Running;
}

/** `changes` lets in only those who may change state: of them, this is for bearers of the token. */
export function addTry(changes: FastifyInstance, { token, running }: TryView): void {
  let open = 0;
  changes.post('/try', async ({ body, raw }, reply) => {
    void reply.header('cache-control', 'no-store');
    if (token() === undefined)
      return reply.code(403).send({ error: 'set admin.token to try requests' });
    if (open >= MOST) {
      return reply.code(503).send({ error: `${MOST} requests are being tried: wait for one` });
    }
    const { listeners, world } = running();
    const leaving = new AbortController();
    reply.raw.once('close', () => leaving.abort());
    open += 1;
    try {
      const { request, by } = readTry(body, callerOf({ raw }));
      const { url } = listenerOf(request, listeners);
      const { tryRequest } = await import('./try-request.ts');
      const answer = await tryRequest(request, { url, clock: world.clock, signal: leaving.signal });
      const { status, requestId, ms } = answer;
      const [path] = request.path.split('?');
      world.log.info(
        { ...by, method: request.method, path, status, requestId, ms },
        'request tried',
      );
      return answer;
    } catch (error) {
      if (error instanceof TryError) return reply.code(400).send({ error: error.message });
      return reply.code(502).send({ error: `the gateway did not answer: ${nameOf(error)}` });
    } finally {
      open -= 1;
    }
  });
}

const nameOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
};

/** @throws {TryError} if there is no such listener */
function listenerOf(
  { listener }: Pick<TriedRequest, 'listener'>,
  all: readonly ListenerStatus[],
): ListenerStatus {
  const isOnNetwork = ({ url }: ListenerStatus): boolean => socketPathOf(url) === undefined;
  const found =
    listener === undefined
      ? (all.find(isOnNetwork) ?? all[0])
      : all.find(({ name }) => name === listener);
  if (found !== undefined) return found;
  throw new TryError(
    `there is no such listener (known: ${all.map(({ name }) => name).join(', ')})`,
  );
}
