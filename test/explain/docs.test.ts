import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../cli/run.ts';
import { folderOf } from '../config/config-files.ts';
import { partOf, writePart } from '../helpers/docs-part.ts';
import { hmacToken } from '../plugins/issuer.ts';

const PAGE = 'docs/explain.md';
const UPDATES = process.env['UPDATE_DOCS'] !== undefined;
const SECRET = 's'.repeat(32);

const CONFIG = `version: 1
plugins:
  jwt:
    issuers:
      shop: { issuer: "https://issuer.example", audience: shop, secret: "\${JWT_SECRET}", algorithms: [HS256] }
upstreams:
  orders: { targets: ["http://orders:4001"], timeout: 3s }
  preview: { targets: ["http://preview:4001"], breaker: { consecutive: 5, open: 10s } }
defaults:
  routes:
    jwt: { issuer: shop, scopes: [orders:read] }
    rateLimit: { max: 100, window: 1m }
routes:
  orders:
    match: { path: /api/orders/*, methods: [GET] }
    upstream: orders
    rewrite: /orders/*
  preview:
    match: { path: /api/orders/*, headers: { x-version: "2" } }
    priority: 1
    upstream: preview
    rewrite: /orders/*
`;

const CLAIMS = { iss: 'https://issuer.example', aud: 'shop', sub: 'alice', scope: 'orders:read' };

/** Times differ from run to run. */
const steady = (line: string): string =>
  line.replaceAll(/\b\d+ s ago/g, '60 s ago').replaceAll(/expires in \d+ s/g, 'expires in 300 s');

async function explained(exp: number, ...options: readonly string[]): Promise<string> {
  const folder = folderOf({ 'gateway.config.yaml': CONFIG });
  const file = join(folder, 'gateway.config.yaml');
  const token = hmacToken(SECRET, { ...CLAIMS, exp: Math.floor(Date.now() / 1_000) + exp });
  const url = 'https://shop.example.com/api/./orders/42?page=2';
  const asked = ['explain', 'GET', url, '--token', token, ...options, '-c', file];
  const { code, out, err } = await run(asked, { JWT_SECRET: SECRET });
  expect([code, err]).toEqual([0, []]);
  const shown = [
    'portico explain GET',
    url,
    '--token $TOKEN',
    ...options.map(quoted),
    '-c',
    'gateway.config.yaml',
  ];
  const text = out.map(steady).join('\n').replaceAll(`${folder}/`, '');
  return `\`\`\`\n$ ${shown.join(' ')}\n${text}\n\`\`\``;
}

const quoted = (option: string): string => (/\s/.test(option) ? `"${option}"` : option);

test('docs/explain.md shows what is printed', async () => {
  const parts = {
    config: `\`\`\`yaml\n${CONFIG}\`\`\``,
    refused: await explained(-60),
    served: await explained(300, '-H', 'x-version: 2'),
  };
  for (const [name, text] of Object.entries(parts)) {
    if (UPDATES) writePart(PAGE, name, `\n${text}\n`);
    expect(partOf(PAGE, name)).toBe(text);
  }
});
