/** A config with many routes, as a company has them: most by prefix, some with a parameter or a method. */

/** @returns YAML; the last route is the one that is asked for */
export function routesConfig(count: number): string {
  const others = Array.from({ length: count - 1 }, (_, i) => `  route-${i}: ${routeOf(i)}`);
  return [
    'version: 1',
    'server: { host: 127.0.0.1, port: 0 }',
    'admin: false',
    'telemetry: { logs: { access: false } }',
    'upstreams:',
    "  origin: { targets: ['${UPSTREAM}'], connections: 128, breaker: false, retry: false }",
    'routes:',
    ...others,
    '  orders: { match: { path: /api/orders/* }, upstream: origin }',
    '',
  ].join('\n');
}

function routeOf(index: number): string {
  const prefix = `/api/service-${index >> 2}`;
  const matches = [
    `{ path: ${prefix}/* }`,
    `{ path: '${prefix}/items/{id}' }`,
    `{ path: '${prefix}/items/{id}/parts/*', methods: [GET, POST] }`,
    `{ path: ${prefix}/health }`,
  ];
  return `{ match: ${matches[index % matches.length]!}, upstream: origin }`;
}
