import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { contentTypeOf } from '../../src/actions/content-type.ts';
import { loadModules } from '../../src/assembly/modules.ts';
import { createGateway, type Gateway } from '../../src/gateway.ts';
import { faultsIn, folderOf } from '../config/config-files.ts';

const HEAD = `version: 1
server: { host: 127.0.0.1, port: 0 }
admin: false
telemetry: { logs: { level: silent } }
`;

async function gatewayOf(files: Readonly<Record<string, string>>): Promise<[Gateway, string]> {
  const folder = folderOf(files);
  const file = join(folder, 'c.yaml');
  const gateway = await createGateway({ file, environment: {}, loadModules });
  onTestFinished(async () => void (await gateway.close()));
  await gateway.listen();
  return [gateway, folder];
}

describe('respond with a file', () => {
  test('sends its bytes, with the type of its extension, relative to the config', async () => {
    const [gateway] = await gatewayOf({
      'c.yaml': `${HEAD}routes:
  down: { match: { path: /down }, respond: { status: 503, file: pages/down.html } }
  typed: { match: { path: /typed }, respond: { file: ./pages/down.html, headers: { content-type: text/plain } } }`,
      'pages/down.html': '<h1>Straße</h1>',
    });
    const down = await fetch(`${gateway.url}/down`);
    expect([down.status, down.headers.get('content-type'), await down.text()]).toEqual([
      503,
      'text/html; charset=utf-8',
      '<h1>Straße</h1>',
    ]);
    const head = await fetch(`${gateway.url}/down`, { method: 'HEAD' });
    expect([head.headers.get('content-length'), await head.text()]).toEqual(['16', '']);
    expect((await fetch(`${gateway.url}/typed`)).headers.get('content-type')).toBe('text/plain');
  });

  test('is what a fallback may answer with', async () => {
    const [gateway] = await gatewayOf({
      'c.yaml': `${HEAD}upstreams: { up: { targets: [http://127.0.0.1:9], retry: false } }
routes:
  shop: { match: { path: /* }, upstream: up, fallback: { respond: { status: 503, file: down.svg } } }`,
      'down.svg': '<svg/>',
    });
    const response = await fetch(`${gateway.url}/`);
    expect([response.status, response.headers.get('content-type')]).toEqual([503, 'image/svg+xml']);
    expect(await response.text()).toBe('<svg/>');
  });

  test('is read again with a reload', async () => {
    const [gateway, folder] = await gatewayOf({
      'c.yaml': `${HEAD}routes: { down: { match: { path: /* }, respond: { file: down.txt } } }`,
      'down.txt': 'before',
    });
    expect(gateway.config.files).toContain(join(folder, 'down.txt'));
    writeFileSync(join(folder, 'down.txt'), 'after');
    expect(await (await fetch(`${gateway.url}/`)).text()).toBe('before');
    await gateway.reload('files');
    expect(await (await fetch(`${gateway.url}/`)).text()).toBe('after');
  });

  test('is a fault if the file is missing, too long, a folder, or beside a body', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'portico-respond-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'long.bin'), Buffer.alloc(1_048_577));
    writeFileSync(join(folder, 'a.txt'), 'a');
    writeFileSync(
      join(folder, 'c.yaml'),
      `version: 1
upstreams: { up: { targets: [http://127.0.0.1:9] } }
routes:
  missing: { match: { path: /a }, respond: { file: no.html } }
  long: { match: { path: /b }, respond: { file: long.bin } }
  folder: { match: { path: /c }, respond: { file: . } }
  both: { match: { path: /d }, respond: { file: a.txt, body: x } }
  fallen: { match: { path: /e }, upstream: up, fallback: { respond: { file: no.html } } }
`,
    );
    const faults = await faultsIn(join(folder, 'c.yaml'));
    expect(faults.map((fault) => fault.slice(fault.indexOf('  ') + 2))).toEqual([
      'routes.missing.respond.file: there is no file "no.html"',
      'routes.long.respond.file: the file "long.bin" is larger than 1 MiB',
      'routes.folder.respond.file: (EISDIR) cannot read the file "."',
      'routes.both.respond.file: cannot be combined with "body": use one of them',
      'routes.fallen.fallback.respond.file: there is no file "no.html"',
    ]);
  });
});

test.each([
  ['a.html', 'text/html; charset=utf-8'],
  ['a.JS', 'text/javascript; charset=utf-8'],
  ['a.mjs', 'text/javascript; charset=utf-8'],
  ['a.css', 'text/css; charset=utf-8'],
  ['a.json', 'application/json; charset=utf-8'],
  ['a.wasm', 'application/wasm'],
  ['a.woff2', 'font/woff2'],
  ['a.svg', 'image/svg+xml'],
  ['a.webmanifest', 'application/manifest+json; charset=utf-8'],
  ['a.unheardof', 'application/octet-stream'],
  ['html', 'text/html; charset=utf-8'],
])('%s has the type %s', (name, type) => expect(contentTypeOf(name)).toBe(type));
