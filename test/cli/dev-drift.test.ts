/** `portico dev` and `portico start` in front of an upstream that has changed without its document. */
import { expect, test } from 'vitest';
import { startUpstream } from '../helpers/upstream.ts';
import { author, CONFIG } from './dev-process.ts';

const DOCUMENT = `openapi: 3.1.0
info: { title: Things, version: '1' }
paths:
  /things/{id}:
    get:
      responses:
        '200':
          description: The thing.
          content:
            application/json:
              schema:
                type: object
                required: [name, price]
                properties: { name: { type: string }, price: { type: integer } }
`;
const BODY = JSON.stringify({ name: 'Secret', price: '12.50' });

async function files() {
  const { url } = await startUpstream((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(BODY);
  });
  return {
    'things.yaml': DOCUMENT,
    [CONFIG]: `version: 1
server: { host: 127.0.0.1, port: 0 }
admin: { port: 0 }
upstreams: { things: { targets: [${url}], openapi: ./things.yaml } }
routes:
  things: { match: { path: /api/things/* }, upstream: things, rewrite: /things/* }
`,
  };
}

const DIFFERENCE =
  'things does not answer GET /things/{id} (200) as things.yaml says:\n' +
  '  /price: the document says integer; a string came\n';

test('dev tells once what differs, and changes no answer', { timeout: 60_000 }, async () => {
  const { serving, get, said, err, out } = author(await files());
  await serving();
  for (let i = 0; i < 45; i++) expect(await get(`/api/things/${i}`)).toBe(BODY);
  await said(DIFFERENCE);
  expect(err().split(DIFFERENCE)).toHaveLength(2);
  await expect.poll(out).toContain('"says":"integer","came":"a string"');
  expect(err() + out()).not.toMatch(/Secret|12\.50/);
});

test('start compares nothing', { timeout: 60_000 }, async () => {
  const { serving, get, err, out } = author(await files(), 'start');
  await serving();
  for (let i = 0; i < 5; i++) expect(await get('/api/things/1')).toBe(BODY);
  expect(err() + out()).not.toContain('document');
});
