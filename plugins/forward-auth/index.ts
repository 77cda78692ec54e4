/**
 * Asks an upstream whether to admit a request: by its fields, never its body.
 *
 * For programs, a refusal is a problem document. For browsers (`answers: pass`), the service's own redirects, refusals
 * and cookies go to the client, so that it can sign users in.
 */
import type { FastifyRequest } from 'fastify';
import { definePlugin, hint, tellUpstreams, z } from 'portico';
import { type Copied, Decisions } from './decisions.ts';
import { faultsOf, loosened, Options } from './options.ts';
import { passCookies, sendPassed } from './passed.ts';
import { keyOf, type Question, questionOf } from './question.ts';
import { decide } from './verdict.ts';

const LOCATION = { Location: { description: 'Where it leads.' } };

export default definePlugin({
  name: 'forwardAuth',
  insists: true,
  settings: z.strictObject({}),
  options: Options,
  owns: (_settings, options) => options.flatMap(({ copy }) => copy),
  *check(options, _settings, _others, { upstreams }) {
    yield* faultsOf(options);
    const { upstream } = options;
    if (upstreams.has(upstream)) return;
    const message = `no upstream "${upstream}"${hint(upstream, [...upstreams])}`;
    yield { path: ['upstream'], message };
  },
  document: ({ answers }) => ({
    errors: ['GW_TOKEN_MISSING', 'GW_TOKEN_INVALID', 'GW_SCOPE_INSUFFICIENT', 'GW_DEPENDENCY_DOWN'],
    ...(answers === 'pass' && {
      responses: { 302: { description: 'To where the user signs in.', headers: LOCATION } },
    }),
  }),
  loosened: { ofOptions: loosened },
  register: (_settings, host) => ({
    route(options) {
      const ask = host.callOf(options.upstream);
      const decisions = new Decisions();
      const { cache: cacheMs } = options;
      const keyFor = (request: FastifyRequest, question: Question): string =>
        cacheMs === undefined ? '' : keyOf(request, question);
      const knownFor = (key: string): Copied | undefined =>
        key === '' ? undefined : decisions.get(key, host.clock.now());
      return {
        phase: 'authenticate',
        onRequest(request, reply) {
          const question = questionOf(request, options);
          const key = keyFor(request, question);
          const known = knownFor(key);
          if (known !== undefined) return tell(request, known);
          return decide(ask, request, options, question).then((verdict) => {
            if (verdict.kind === 'answered') return sendPassed(reply, verdict.answer);
            const { copied, cookies } = verdict;
            // New cookies are for one answer, and the next question comes with them.
            if (key !== '' && cookies.length === 0) {
              decisions.set(key, copied, host.clock.now() + (cacheMs ?? 0));
            }
            passCookies(reply, cookies);
            return tell(request, copied);
          });
        },
        explain(request) {
          const known = knownFor(keyFor(request, questionOf(request, options)));
          if (known === undefined) {
            const says = `was not asked: a request would make a call to ${options.upstream}`;
            return { says, isCertain: false };
          }
          tell(request, known);
          return { says: 'was approved not long ago' };
        },
      };
    },
  }),
});

function tell(request: FastifyRequest, copied: Copied): void {
  for (const [name, value] of copied) tellUpstreams(request, name, value);
}
