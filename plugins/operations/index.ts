/**
 * Serves the GraphQL operations of a file, which clients name by id or hash, and no others.
 *
 * Upstreams get the text of the file, by POST and without a query, so that no other reading of the request can lead
 * to another operation.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { clientRequestOf, definePlugin, GatewayError, noteEndpoint, type Policy, z } from 'portico';
import { DIGESTS } from '../shared/digests.ts';
import { askedBy, askedByQuery } from './asked.ts';
import { checkOptions } from './check.ts';
import { type Choice, choose, type ChosenOperation } from './chosen.ts';
import { document } from './document.ts';
import { KnownOperations } from './known.ts';
import { loosened } from './loosened.ts';
import { Options } from './options.ts';

export default definePlugin({
  name: 'operations',
  settings: z.strictObject({}),
  options: Options,
  optionFiles: ['documents'],
  check: (options, _settings, others) => checkOptions(options, others),
  risks: {
    rules: { 'free-operations': 'low' },
    *ofOptions({ unknown }) {
      if (unknown !== 'allow') return;
      const message = 'clients may send any operation, as deep and as costly as they like';
      yield { rule: 'free-operations', path: ['unknown'], message };
    },
  },
  loosened: { ofOptions: loosened },
  document: ({ unknown }, _settings, method) => document(unknown, method),
  register: (_settings, { metrics }) => {
    const counted = metrics.counter(
      'graphql_operations_total',
      'Requests by whether their GraphQL operation is known.',
      ['route', 'result'],
    );
    return {
      route({ documents, unknown, maxBody }, { route }) {
        const known = new KnownOperations(documents);
        const chosen = new WeakMap<FastifyRequest, ChosenOperation>();
        const settle = (request: FastifyRequest, choice: Choice): 'answer' | undefined => {
          if (choice === 'free' || choice === 'unknown') {
            if (unknown === 'refuse') throw unknownOperation();
            return choice === 'unknown' ? 'answer' : undefined;
          }
          chosen.set(request, choice);
          noteEndpoint(request, choice.operation.name ?? '');
          return undefined;
        };
        return {
          phase: 'validate',
          async onRequest(request, reply) {
            const choice = choose(await askedBy(request, maxBody), known, request.method);
            counted.inc({ route, result: typeof choice === 'string' ? choice : 'known' });
            if (settle(request, choice) === 'answer') askForText(reply);
          },
          explain(request) {
            if (request.method === 'POST') {
              return { says: 'the body was not looked at', isCertain: false };
            }
            const choice = choose(askedByQuery(request), known, request.method);
            if (settle(request, choice) === 'answer') {
              return { says: 'answered here: not in the file', isCertain: false };
            }
            if (typeof choice === 'string') return { says: 'a text of the client’s own' };
            return { says: `the operation ${choice.operation.name ?? 'without a name'}` };
          },
          policy: () => sendingText(chosen),
          isPure: true,
          // Around each attempt, so that what came by GET is retried as GET is.
          place: 'inner',
        };
      },
    };
  },
});

const unknownOperation = (): GatewayError =>
  new GatewayError('GW_OPERATION_UNKNOWN', 'only operations that are registered are served here');

/** As clients of persisted queries expect it: with 200, and never from a cache. */
function askForText(reply: FastifyReply): void {
  const error = {
    message: 'PersistedQueryNotFound',
    extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' },
  };
  void reply
    .code(200)
    .header('content-type', 'application/json; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(JSON.stringify({ errors: [error] }));
}

const sendingText =
  (chosen: WeakMap<FastifyRequest, ChosenOperation>): Policy =>
  (next) =>
  (request) => {
    const client = clientRequestOf(request);
    const operation = client && chosen.get(client);
    if (operation === undefined) return next(request);
    const { body } = operation;
    const headers: Record<string, string | readonly string[]> = {
      ...request.headers,
      'content-type': 'application/json',
      'content-length': String(body.length),
    };
    for (const name of [...DIGESTS, 'transfer-encoding']) delete headers[name];
    return next({ ...request, method: 'POST', query: '', headers, body });
  };
