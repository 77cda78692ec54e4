/**
 * The rules of redirects, as HTTPRoute of the Kubernetes Gateway API has them (`HTTPRequestRedirectFilter`,
 * `HTTPPathModifier`), as data: what is asked for, and where it leads.
 */
export interface RedirectRule {
  /** Path of the match. */
  readonly match?: string;
  readonly redirect: Readonly<Record<string, unknown>>;
  /** The URL that the client asks for. */
  readonly asked: string;
  readonly location: string;
  /** Where this house decides otherwise, and why. */
  readonly otherwise?: string;
}

const HTTP = 'http://shop.example/foo/bar?a=1';

/** Prefix match, replaced prefix (here with `/*`), and the path: the table of `ReplacePrefixMatch`. */
const PREFIXES: readonly RedirectRule[] = (
  [
    ['/foo/bar', '/foo/*', '/xyz/*', '/xyz/bar'],
    ['/foo', '/foo/*', '/xyz/*', '/xyz'],
    ['/foo/', '/foo/*', '/xyz/*', '/xyz/'],
    ['/foo/bar', '/foo/*', '/*', '/bar'],
    ['/foo/', '/foo/*', '/*', '/'],
    ['/foo', '/foo/*', '/*', '/'],
    ['/foo/bar/baz/', '/foo/*', '/x/y/*', '/x/y/bar/baz/'],
    ['/foo/bar', '/*', '/xyz/*', '/xyz/foo/bar'],
    ['/t/acme/7', '/t/{tenant}/*', '/{tenant}/*', '/acme/7'],
  ] as const
).map(([path, match, to, location]) => ({
  match,
  redirect: { to },
  asked: `http://shop.example${path}`,
  location,
}));

export const REDIRECT_RULES: readonly RedirectRule[] = [
  ...PREFIXES,
  // The scheme: its port is the well-known one, and is not written.
  { redirect: { scheme: 'https' }, asked: HTTP, location: 'https://shop.example/foo/bar?a=1' },
  {
    redirect: { scheme: 'https' },
    asked: 'http://shop.example:8080/foo',
    location: 'https://shop.example/foo',
  },
  {
    redirect: { scheme: 'http' },
    asked: 'https://shop.example:8443/foo',
    location: 'http://shop.example/foo',
  },
  {
    redirect: { scheme: 'https', port: 8443 },
    asked: HTTP,
    location: 'https://shop.example:8443/foo/bar?a=1',
  },
  {
    redirect: { scheme: 'https', port: 443 },
    asked: HTTP,
    location: 'https://shop.example/foo/bar?a=1',
  },
  {
    redirect: { scheme: 'http', port: 443 },
    asked: HTTP,
    location: 'http://shop.example:443/foo/bar?a=1',
  },
  {
    redirect: { scheme: 'http', port: 80 },
    asked: HTTP,
    location: 'http://shop.example/foo/bar?a=1',
  },
  // The host: scheme and port stay.
  {
    redirect: { host: 'www.example.com' },
    asked: HTTP,
    location: 'http://www.example.com/foo/bar?a=1',
  },
  {
    redirect: { host: 'www.example.com' },
    asked: 'http://shop.example:8080/foo',
    location: 'http://www.example.com:8080/foo',
    otherwise:
      'The port is the one that the client asked for. The API takes that of the listener, which behind a load balancer is none that clients reach.',
  },
  {
    redirect: { host: 'www.example.com' },
    asked: 'https://shop.example/foo',
    location: 'https://www.example.com/foo',
  },
  { redirect: { host: '[::1]' }, asked: HTTP, location: 'http://[::1]/foo/bar?a=1' },
  // The port alone.
  { redirect: { port: 8083 }, asked: HTTP, location: 'http://shop.example:8083/foo/bar?a=1' },
  {
    redirect: { port: 80 },
    asked: 'http://shop.example:8080/foo',
    location: 'http://shop.example/foo',
  },
  {
    redirect: { port: 443 },
    asked: 'https://shop.example:8443/foo',
    location: 'https://shop.example/foo',
  },
  {
    redirect: { port: 80 },
    asked: 'https://shop.example/foo',
    location: 'https://shop.example:80/foo',
  },
  // All of it.
  {
    redirect: { scheme: 'https', host: 'www.example.com', port: 8443, to: '/x/*', query: 'drop' },
    match: '/foo/*',
    asked: HTTP,
    location: 'https://www.example.com:8443/x/bar',
  },
  // The whole path.
  { redirect: { to: '/full' }, asked: HTTP, location: '/full?a=1' },
  {
    redirect: { to: '/full', host: 'a.example' },
    asked: HTTP,
    location: 'http://a.example/full?a=1',
  },
  {
    redirect: { to: '/full' },
    asked: 'http://shop.example/foo',
    location: '/full',
    otherwise: 'A path alone leads there too (RFC 9110 §10.2.2), and needs no guess of the host.',
  },
  { redirect: { to: '/' }, asked: HTTP, location: '/?a=1' },
  // The query: the API keeps it.
  { redirect: { to: '/x', query: 'drop' }, asked: HTTP, location: '/x' },
  { redirect: { to: '/x?b=2' }, asked: HTTP, location: '/x?b=2&a=1' },
  { redirect: { to: '/x?b=2', query: 'drop' }, asked: HTTP, location: '/x?b=2' },
  { redirect: { to: '/x#top' }, asked: HTTP, location: '/x?a=1#top' },
  { redirect: { to: '/x?b=2#top' }, asked: HTTP, location: '/x?b=2&a=1#top' },
  { redirect: { to: '/x#is?it' }, asked: HTTP, location: '/x?a=1#is?it' },
  // A URL, which the API does not have.
  { redirect: { to: 'https://b.example/x' }, asked: HTTP, location: 'https://b.example/x?a=1' },
  {
    match: '/foo/*',
    redirect: { to: 'https://b.example/*' },
    asked: HTTP,
    location: 'https://b.example/bar?a=1',
  },
  {
    match: '/foo/{id}',
    redirect: { to: 'https://b.example/x/{id}?id={id}' },
    asked: 'http://shop.example/foo/a%20%26b',
    location: 'https://b.example/x/a%20&b?id=a%20%26b',
  },
  // No path of a client becomes a host.
  {
    match: '/foo/*',
    redirect: { to: '/*' },
    asked: 'http://shop.example/foo//evil.example',
    location: '/evil.example',
  },
  {
    redirect: { scheme: 'https' },
    asked: 'http://shop.example//evil.example/..',
    location: 'https://shop.example/',
  },
];
