import { describe, expect, test } from 'vitest';
import { defineBff, optional, ProblemError, setCookie, z } from '../../src/index.ts';
import { testBff } from '../../src/testing.ts';

const SOLD_OUT = {
  status: 409,
  type: 'https://shop.example/problems/sold-out',
  title: 'Sold out',
  detail: 'p1 comes back on Friday',
  extensions: { productId: 'p1', status: 200, title: 'forged' },
  headers: { 'retry-after': '3600' },
};

const bff = defineBff({ upstreams: [] }, (app) => {
  app.get('/sold-out', { schema: { response: { 200: z.string() } } }, (_request, reply) => {
    setCookie(reply, 'seen', 'p1');
    throw new ProblemError(SOLD_OUT);
  });
  app.get('/plain', { schema: { response: { 200: z.string() } } }, () => {
    throw new ProblemError({ status: 422, title: 'Not for sale' });
  });
  app.get('/optional', { schema: { response: { 200: z.string() } } }, async (request) => {
    const { step } = await request.gather({
      step: optional((): string => {
        throw new ProblemError(SOLD_OUT);
      }, 'none'),
    });
    return step;
  });
  app.post('/body', { schema: { response: { 200: z.string() } } }, () => {
    throw new ProblemError(SOLD_OUT);
  });
});

describe('an error of the module’s own', () => {
  test('is a problem document with its type; extensions cannot replace the members of the standard', async () => {
    await using gateway = await testBff(bff);
    const response = await gateway.fetch('/sold-out');
    expect(response.status).toBe(409);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'retry-after': '3600',
      'set-cookie': expect.stringContaining('seen=p1') as string,
    });
    expect(await response.json()).toEqual({
      type: 'https://shop.example/problems/sold-out',
      title: 'Sold out',
      status: 409,
      detail: 'p1 comes back on Friday',
      productId: 'p1',
      instance: `urn:request:${response.headers.get('x-request-id')}`,
    });
  });

  test('without a type is about:blank, and needs no detail', async () => {
    await using gateway = await testBff(bff);
    expect(await (await gateway.fetch('/plain')).json()).toMatchObject({
      type: 'about:blank',
      title: 'Not for sale',
      status: 422,
    });
  });

  test('is no failure of the gateway: no metric of errors counts it', async () => {
    await using gateway = await testBff(bff, {}, { config: { admin: { port: 0 } } });
    await gateway.fetch('/sold-out');
    const metrics = await (await fetch(`${gateway.gateway.adminUrl}/metrics`)).text();
    expect(metrics).not.toContain('portico_errors_total{');
    expect(metrics).toMatch(/portico_requests_total\{.*status="409".*\} 1/);
  });

  test('of an optional step is its reason', async () => {
    await using gateway = await testBff(bff);
    const response = await gateway.fetch('/optional');
    expect([response.status, response.headers.get('gateway-degraded')]).toEqual([
      200,
      'step;reason=status-409',
    ]);
  });

  test.each([200, 399, 600, 409.5])('cannot have the status %d', (status) => {
    expect(() => new ProblemError({ status, title: 'x' })).toThrow(RangeError);
  });
});
