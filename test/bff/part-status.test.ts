import { expect, test } from 'vitest';
import { GatewayError } from '../../src/core/errors.ts';
import type { FakeUpstream } from '../../src/testing.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { file } from './mounted.ts';

test.each<readonly [string, FakeUpstream, string]>([
  ['409', () => ({ status: 409 }), '409'],
  ['404', () => ({ status: 404 }), '404'],
  ['what is no JSON', () => ({ body: '<' }), 'undefined'],
  [
    'nothing',
    () => {
      throw new GatewayError('GW_CIRCUIT_OPEN', 'open');
    },
    'undefined',
  ],
])('partStatus of a part whose upstream answers %s', async (_what, up, told) => {
  const { fetch } = await startGateway({
    config: { routes: { mobile: { match: { path: '/m/*' }, bff: file('part-status') } } },
    upstreams: { up },
  });
  expect(await (await fetch('/m/part')).json()).toEqual({ told });
});
