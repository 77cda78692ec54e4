/** A new action is one description: nothing else has to know it. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { defineAction } from '../../src/actions/action.ts';
import { ACTIONS } from '../../src/actions/index.ts';
import { audit, auditRules } from '../../src/config/audit/audit.ts';
import { jsonSchema } from '../../src/config/docs/json-schema.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Source } from '../../src/config/yaml/source.ts';
import { loadModules } from '../../src/assembly/modules.ts';
import { createGateway } from '../../src/gateway.ts';
import { folderOf } from '../config/config-files.ts';

/** Answers with a text, as often as the config says. */
const echo = defineAction({
  key: 'echo',
  kind: 'echo',
  schema: z.strictObject({ text: z.string() }).describe('Action: say a text.'),
  beside: { times: z.int().min(1).optional().describe('How often.') },
  callsUpstreams: false,
  readsBody: false,
  *check({ route, at }) {
    if (route['times'] === 13) yield { path: [...at, 'times'], message: 'brings bad luck' };
  },
  build: ({ text }, { times = 1 }) => ({ kind: 'echo' as const, said: text.repeat(times) }),
  describe: ({ said }) => `echo ${said}`,
  create: (_route, { said }) =>
    function echoed(_request, reply) {
      void reply.type('text/plain').send(said);
    },
});

const withEcho = async (source: Source) => ({
  ...(await loadModules(source)),
  actions: [...ACTIONS, echo],
});

const fileOf = (route: string): string =>
  join(
    folderOf({
      'c.yaml': `version: 1
server: { host: 127.0.0.1, port: 0 }
admin: false
telemetry: { logs: { level: silent } }
routes: { a: { match: { path: /a }, ${route} } }`,
    }),
    'c.yaml',
  );

const load = (route: string) =>
  loadConfig({ file: fileOf(route), environment: {}, loadModules: withEcho });

test('it is served', async () => {
  const file = fileOf('echo: { text: ho }, times: 3');
  const gateway = await createGateway({ file, environment: {}, loadModules: withEcho });
  onTestFinished(async () => void (await gateway.close()));
  await gateway.listen();

  const response = await fetch(`${gateway.url}/a`);

  expect(await response.text()).toBe('hohoho');
  expect(gateway.status().routes[0]!.action).toBe('echo hohoho');
});

test.each([
  ['echo: { txt: a }', 'routes.a.echo.txt: unknown key; did you mean "text"?'],
  ['ecko: { text: a }', 'routes.a.ecko: unknown key; did you mean "echo"?'],
  ['times: 2, respond: {}', 'routes.a.times: needs the action "echo"'],
  ['echo: { text: a }, times: 13', 'routes.a.times: brings bad luck'],
  ['echo: { text: a }, respond: {}', 'routes.a.echo: a route has exactly one action'],
])('its faults are told: %s', async (route, fault) => {
  await expect(load(route)).rejects.toThrow(fault);
});

test('it stands in the schema, and an audit knows that it reaches no upstream', async () => {
  const { config, modules } = await load('echo: { text: a }');
  const routes = jsonSchema(modules).properties?.['routes']?.additionalProperties;
  expect(routes).toHaveProperty('properties.echo.description', 'Action: say a text.');
  const rules = audit(config, modules).map(({ rule }) => rule);
  expect(rules).not.toContain('route-without-auth');
  expect([...auditRules(modules).keys()]).toContain('route-without-auth');
});
