/** The schema of `store`: where operations are kept. */
import { z } from 'zod';
import { duration, NAME, nameFault, positiveDuration } from './types.ts';

const POSTGRES_URL = /^postgres(ql)?:\/\/[^\s]+$/;

const is32Bytes = (text: string): boolean =>
  /^[A-Za-z0-9+/]{43}=$/.test(text) && Buffer.from(text, 'base64').length === 32;

const identifier = (what: string, fallback: string) =>
  z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,40}$/, {
      error: 'must be lower-case letters, digits and _, starting with a letter',
    })
    .default(fallback)
    .describe(what);

export const Store = z
  .strictObject({
    postgres: z
      .string()
      .refine((text) => POSTGRES_URL.test(text) && URL.canParse(text), {
        error:
          'must be a postgres:// URL with a host and a database, such as postgres://db:5432/portico',
      })
      .optional()
      .describe(
        'URL of a database of its own: `postgres://user@db:5432/portico`. Best given as `${NAME}` or `${file:…}`. Any number of gateways may share it.',
      ),
    embedded: z
      .string()
      .min(1)
      .optional()
      .describe(
        'A folder, from this file, in which the gateway keeps a database of its own: for one gateway alone, at development and on small machines. It takes some 400 MiB of memory.',
      ),
    node: z
      .string()
      .regex(NAME, { error: (issue) => nameFault(String(issue.input), 'a node') })
      .optional()
      .describe(
        'A name that no other gateway on this store has, such as that of the machine: then what a gateway left is resumed as soon as it is back.',
      ),
    migrate: z
      .boolean()
      .default(true)
      .describe('Make and change the tables at the start; `false` only checks them.'),
    timeout: positiveDuration()
      .prefault('2s')
      .describe('Longest time that a request waits for the store; 503 after that.'),
    connections: z
      .int()
      .min(2)
      .max(100)
      .default(4)
      .describe('Connections of one gateway. An embedded store has one.'),
    heartbeat: positiveDuration()
      .refine((ms) => ms <= 60_000, 'must be at most 60s')
      .prefault('3s')
      .describe('How often a gateway says that it lives.'),
    dead: duration()
      .refine((ms) => ms <= 600_000, 'must be at most 10m')
      .prefault('15s')
      .describe('Silence after which others take over the work of a gateway.'),
    keys: z
      .array(
        z
          .strictObject({
            id: z
              .string()
              .regex(/^[A-Za-z0-9._-]{1,32}$/, {
                error: 'must be 1 to 32 letters, digits, dots, _ and -',
              })
              .describe('Names it in what it has sealed: never give it to another key.'),
            key: z
              .string()
              .refine(is32Bytes, 'must be 32 random bytes in base64: openssl rand -base64 32')
              .describe(
                'The key: 32 random bytes in base64. Best given as `${NAME}` or `${file:…}`.',
              ),
          })
          .describe('One key.'),
      )
      .min(1)
      .max(16)
      .refine(
        (keys) => new Set(keys.map(({ id }) => id)).size === keys.length,
        'has two keys with one id',
      )
      .optional()
      .describe(
        'Seal what sagas call `secret` (AES-256-GCM): the first seals, all of them open. A new one is put first, and an old one stays for as long as operations are kept. A reload is enough.',
      ),
    schemas: z
      .strictObject({
        own: identifier('Of the operations.', 'portico'),
        engine: identifier('Of the records of their steps.', 'dbos'),
      })
      .prefault({})
      .describe('Schemas of the database.'),
  })
  .superRefine(({ heartbeat, dead }, context) => {
    if (dead >= 2 * heartbeat) return;
    // Its own work would be taken away from a gateway that lives.
    const message = 'must be at least twice "heartbeat"';
    context.addIssue({ code: 'custom', path: ['dead'], message });
  })
  .superRefine(({ postgres, embedded }, context) => {
    if ((postgres === undefined) !== (embedded === undefined)) return;
    const message =
      postgres === undefined
        ? 'has no place: give it "postgres" or "embedded"'
        : 'is either "postgres" or "embedded"';
    context.addIssue({ code: 'custom', message });
  })
  .describe(
    'Where sagas and commands are kept, so that they survive a crash. Without it, there are none. A change needs a restart.',
  );
