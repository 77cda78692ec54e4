import { expect, test } from 'vitest';
import { Cancellation } from '../../src/core/cancellation.ts';
import { CallRecord } from '../../src/core/record.ts';
import { upstreamRequest } from '../../src/core/upstream-request.ts';
import { aContext } from '../helpers/call.ts';

test('the fields of a call are its context’s, then its own, then those set by hooks', () => {
  const context = aContext({
    fields: { via: '1.1 portico', 'x-request-id': 'one', 'x-forwarded-for': '192.0.2.1' },
    toldUpstreams: { 'x-user': 'ann' },
  });
  const asked = {
    upstream: 'orders',
    method: 'GET',
    path: '/',
    query: '',
    headers: { via: '1.1 cdn, 1.1 portico', 'x-user': 'eve', accept: '*/*' },
    body: undefined,
  };
  const record = new CallRecord('forward', '', 'orders', 0);
  const { headers } = upstreamRequest(context, asked, new Cancellation(), record);
  expect(headers).toEqual({
    via: '1.1 cdn, 1.1 portico',
    'x-request-id': 'one',
    'x-forwarded-for': '192.0.2.1',
    'x-user': 'ann',
    accept: '*/*',
  });
});
