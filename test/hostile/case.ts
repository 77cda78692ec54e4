/** One hostile request, where it comes from, and what must come of it. */
import type { Reached } from './world.ts';

export interface Case {
  readonly name: string;
  /** RFC section, advisory, or paper. */
  readonly source: string;
  readonly send: string;
  /** Status of each answer; a list of lists where several are right. */
  readonly statuses: readonly (number | readonly number[])[];
  /** What may reach the upstream; nothing where it is left out. */
  readonly reached?: readonly Expected[];
}

export interface Expected {
  readonly method?: string;
  readonly url?: string;
  readonly body?: string;
  /** Fields that must stand there, by lower-case name. */
  readonly has?: Readonly<Record<string, string>>;
  /** Lower-case names that must not. */
  readonly not?: readonly string[];
}

/** The lines of a head, and what follows it. */
export const message = (lines: readonly string[], body = ''): string =>
  `${lines.join('\r\n')}\r\n\r\n${body}`;

/** A request that ends its connection. */
export const get = (target: string, ...fields: readonly string[]): string =>
  message([`GET ${target} HTTP/1.1`, 'Host: a.example', 'Connection: close', ...fields]);

export const post = (fields: readonly string[], body: string): string =>
  message(['POST /open HTTP/1.1', 'Host: a.example', ...fields], body);

/** The second request that somebody would like to have taken for one of its own. */
export const SMUGGLED = 'GET /admin/smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n';

/** A table: each row is name, source, bytes, statuses, and what may reach the upstream. */
export type Row = readonly [
  name: string,
  source: string,
  send: string,
  statuses: number | readonly (number | readonly number[])[],
  reached?: Expected | readonly Expected[],
];

export const table = (rows: readonly Row[]): Case[] =>
  rows.map(([name, source, send, statuses, reached]) => ({
    name,
    source,
    send,
    statuses: typeof statuses === 'number' ? [statuses] : statuses,
    ...(reached === undefined ? {} : { reached: [reached].flat() }),
  }));

/** What is wrong with `actual`; empty where it is as expected. */
export function differences(expected: Expected, actual: Reached | undefined): string[] {
  if (actual === undefined) return ['did not reach the upstream'];
  const faults: string[] = [];
  const same = (what: 'method' | 'url' | 'body'): void => {
    if (expected[what] !== undefined && expected[what] !== actual[what]) {
      faults.push(`${what} is ${JSON.stringify(actual[what])}`);
    }
  };
  same('method');
  same('url');
  same('body');
  const fields = fieldsOf(actual);
  for (const [name, value] of Object.entries(expected.has ?? {})) {
    if (fields.get(name)?.join(' | ') !== value) {
      faults.push(`${name} is ${JSON.stringify(fields.get(name))}`);
    }
  }
  for (const name of expected.not ?? []) {
    if (fields.has(name)) faults.push(`${name} is there: ${JSON.stringify(fields.get(name))}`);
  }
  return faults;
}

function fieldsOf({ raw }: Reached): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    fields.set(name, [...(fields.get(name) ?? []), raw[i + 1]!]);
  }
  return fields;
}
