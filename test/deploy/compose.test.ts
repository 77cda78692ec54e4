/** deploy/compose.yaml is valid and hardened, and mounts what exists. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { COMPOSE, PORTICO } from './compose.ts';

const DOCKERFILE = readFileSync('Dockerfile', 'utf8');

describe('the Compose Specification', () => {
  /** The specification's own schema, which the linter brings. */
  const text = readFileSync('node_modules/dclint/schemas/compose.schema.json', 'utf8');
  const { $schema: _draft7, ...schema } = JSON.parse(text) as Record<string, unknown>;
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
  const errorsOf = (compose: object): unknown[] => (validate(compose) ? [] : validate.errors!);

  test('admits the file, and would not with a misspelt key', () => {
    expect(errorsOf(COMPOSE)).toEqual([]);
    const portico = { ...PORTICO, read_onyl: true };
    expect(errorsOf({ ...COMPOSE, services: { portico } })).toContainEqual(
      expect.objectContaining({ params: { additionalProperty: 'read_onyl' } }),
    );
  });
});

describe.each(Object.entries(COMPOSE.services))('%s', (name, service) => {
  test('may do little: no root, no capabilities, no writable root, nothing without bounds', () => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      user: expect.stringMatching(/^[1-9]\d*:\d+$/),
      restart: 'unless-stopped',
      logging: { options: { 'max-size': expect.anything(), 'max-file': expect.anything() } },
      pids_limit: expect.any(Number),
      deploy: {
        resources: { limits: { cpus: expect.anything(), memory: expect.stringMatching(/^\d+M$/) } },
      },
    });
  });

  test('is of an exact version', () => {
    expect(service.image).toMatch(/^[\w./-]+:v?\d+\.\d+\.\d+(-[\w.]+)?$/);
  });

  test('publishes nothing beyond this machine, except the port of clients', () => {
    const outside = (service.ports ?? []).filter((port) => !port.startsWith('127.0.0.1:'));
    expect(outside).toEqual(name === 'portico' ? ['8080:8080'] : []);
  });

  test('mounts what exists', () => {
    const sources = (service.volumes ?? []).map((volume) => volume.split(':')[0]!);
    const missing = sources.filter((source) =>
      source.startsWith('.') ? !existsSync(join('deploy', source)) : !(source in COMPOSE.volumes),
    );
    expect(missing).toEqual([]);
    expect((service.secrets ?? []).filter((each) => !(each in COMPOSE.secrets))).toEqual([]);
    expect(service.networks.filter((each) => !(each in COMPOSE.networks))).toEqual([]);
  });

  test('is asked for its health, unless its image holds nothing that could ask', () => {
    const isAsked = service.build !== undefined || service.healthcheck?.disable === undefined;
    expect(isAsked || name === 'collector').toBe(true);
    expect(service.build === undefined || /^HEALTHCHECK /m.test(DOCKERFILE)).toBe(true);
  });
});

test('the image has this version as its tag, and its user', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly version: string;
  };
  const [, user] = /^USER (\S+)$/m.exec(DOCKERFILE)!;
  expect([PORTICO.image, PORTICO.user]).toEqual([`portico:${version}`, user]);
});

test('nothing leads from Redis to the outside', () => {
  const { networks } = COMPOSE.services['redis']!;
  expect(networks.map((each) => COMPOSE.networks[each]?.internal)).toEqual([true]);
});

test('git ignores every file with a secret', () => {
  const ignored = readFileSync('.gitignore', 'utf8').split('\n');
  const folders = Object.values(COMPOSE.secrets).map((each) => join('/deploy', each.file, '..'));
  expect(folders.filter((folder) => !ignored.includes(`${folder}/`))).toEqual([]);
});
