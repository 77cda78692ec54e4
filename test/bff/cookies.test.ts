import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  clearCookie,
  type CookieOptions,
  defineBff,
  readCookie,
  setCookie,
  z,
} from '../../src/index.ts';
import { testBff } from '../../src/testing.ts';

const Set = z.object({ name: z.string(), value: z.string(), options: z.string() });

const bff = defineBff({ upstreams: [] }, (app) => {
  app.get('/read', { schema: { response: { 200: z.string() } } }, (request) =>
    JSON.stringify(readCookie(request, 'theme') ?? null),
  );
  app.get(
    '/set',
    { schema: { querystring: Set, response: { 200: z.string() } } },
    ({ query: { name, value, options } }, reply) => {
      setCookie(reply, name, value, JSON.parse(options) as CookieOptions);
      return 'set';
    },
  );
  app.get('/two', { schema: { response: { 200: z.string() } } }, (_request, reply) => {
    setCookie(reply, 'a', '1');
    clearCookie(reply, 'b', { path: '/web' });
    return 'two';
  });
  app.get('/away', { schema: { response: { 200: z.string() } } }, (_request, reply) => {
    setCookie(reply, 'a', '1');
    return reply.redirect('/web/home', 303);
  });
});

async function set(name: string, value: string, options: CookieOptions = {}, host?: string) {
  await using gateway = await testBff(bff);
  const query = new URLSearchParams({ name, value, options: JSON.stringify(options) });
  const headers = host === undefined ? {} : { host };
  // `fetch` would not send a host of our choice.
  const { get } = await import('node:http');
  return await new Promise<string | number>((resolve, reject) => {
    get(`${gateway.url}/set?${query.toString()}`, { headers }, (response) => {
      response.resume();
      response.on('end', () =>
        resolve(response.headers['set-cookie']?.[0] ?? response.statusCode!),
      );
    }).on('error', reject);
  });
}

describe('a cookie', () => {
  test.each([
    ['theme=dark', '"dark"'],
    ['a=b; theme=%22a%3Bb%22; theme=second', '"\\"a;b\\""'],
    ['other=1', 'null'],
    ['theme=%E0%A4%A', 'null'],
  ])('is read as it was set: %s', async (cookie, value) => {
    await using gateway = await testBff(bff);
    expect(await (await gateway.fetch('/read', { headers: { cookie } })).text()).toBe(value);
  });

  test('is read by scripts and sent over plain HTTP only if the code says so', async () => {
    expect(await set('a', 'ü;b', {}, 'shop.example')).toBe(
      'a=%C3%BC%3Bb; Path=/; Secure; HttpOnly; SameSite=Lax',
    );
    expect(await set('a', 'b', { httpOnly: false, secure: false }, 'shop.example')).toBe(
      'a=b; Path=/; SameSite=Lax',
    );
  });

  test.each(['localhost:8080', '127.0.0.1', '[::1]:8080', 'shop.localhost'])(
    'needs no TLS on the own machine: %s',
    async (host) => {
      expect(await set('a', 'b', {}, host)).toBe('a=b; Path=/; HttpOnly; SameSite=Lax');
    },
  );

  test('has the attributes that it is given', async () => {
    const options = {
      maxAge: '90m',
      path: '/web',
      domain: 'shop.example',
      sameSite: 'strict',
    } as const;
    expect(await set('a', 'b', options, 'www.shop.example')).toBe(
      'a=b; Max-Age=5400; Domain=shop.example; Path=/web; Secure; HttpOnly; SameSite=Strict',
    );
  });

  test.each<[string, string, CookieOptions]>([
    ['a name with a space', 'a b', {}],
    ['a path that ends it', 'a', { path: '/; Domain=evil.example' }],
    ['a domain with a line break', 'a', { domain: 'a\r\nx: y' }],
    ['none without secure', 'a', { sameSite: 'none', secure: false }],
    ['__Host- with a path', '__Host-a', { path: '/web', secure: true }],
    ['__Host- with a domain', '__Host-a', { domain: 'shop.example', secure: true }],
    ['__Secure- that is not', '__Secure-a', { secure: false }],
    ['a duration without a unit', 'a', { maxAge: '5' }],
  ])('that no browser would keep is a bug: %s', async (_what, name, options) => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    onTestFinished(() => write.mockRestore());
    expect(await set(name, 'x', options)).toBe(500);
  });

  test('may be one of several, and one that is forgotten', async () => {
    await using gateway = await testBff(bff);
    expect((await gateway.fetch('/two')).headers.getSetCookie()).toEqual([
      'a=1; Path=/; HttpOnly; SameSite=Lax',
      'b=; Max-Age=0; Path=/web; HttpOnly; SameSite=Lax',
    ]);
  });

  test('goes with a redirect, which needs no schema', async () => {
    await using gateway = await testBff(bff);
    const response = await gateway.fetch('/away');
    expect([response.status, response.headers.get('location')]).toEqual([303, '/web/home']);
    expect(response.headers.getSetCookie()).toHaveLength(1);
  });
});
