/**
 * The building blocks of the config's schema: durations, sizes, URLs, sources.
 *
 * Each states its JSON Schema too, so that editors check what the gateway checks.
 */
import { z } from 'zod';
import { parseAddressRange } from './address-range.ts';
import { socketOrigin, socketPathFault, writtenSocketPath } from '../../core/socket-path.ts';
import { MEMBER_PATH_PATTERN, parseMemberPath } from '../../core/member-path.ts';
import { parseValuePath, PATH_PATTERN } from '../../core/value-path.ts';
import { foreignSource } from '../check/foreign-hints.ts';
import {
  parseDate,
  parseDuration,
  parseInstant,
  parsePercent,
  parseRetention,
  parseSize,
} from './units.ts';

/** A text that `parse` reads; what `parse` throws becomes the fault's message. */
function parsed<T>(parse: (text: string) => T, hint: string, id: string, pattern: string) {
  return z
    .string({ error: (issue) => `expected ${hint}, found ${shown(issue.input)}` })
    .meta({ id, pattern })
    .transform((text, context) => {
      try {
        return parse(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: (error as Error).message });
        return z.NEVER;
      }
    });
}

/** What was written, short enough for a message. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  // JSON has no Infinity, which is what a number of 400 digits is.
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}..."` : text;
}

const DURATION = parsed(
  parseDuration,
  'a duration such as "250ms"',
  'Duration',
  '^(\\d+(\\.\\d+)?(ms|s|m|h)|.*\\$\\{.+\\}.*)$',
);
const RETENTION = parsed(
  parseRetention,
  'a time such as "30d"',
  'Retention',
  '^(\\d+(\\.\\d+)?(h|d)|.*\\$\\{.+\\}.*)$',
);
const INSTANT = parsed(
  parseInstant,
  'a time such as "2026-12-01T09:00:00Z"',
  'Instant',
  '^(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)|.*\\$\\{.+\\}.*)$',
);
const DATE = parsed(
  parseDate,
  'a day such as "2026-12-31"',
  'Date',
  '^(\\d{4}-\\d\\d-\\d\\d(T\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d))?|.*\\$\\{.+\\}.*)$',
);
const SIZE = parsed(
  parseSize,
  'a size such as "64KiB"',
  'Size',
  '^(\\d+(\\.\\d+)?(B|KiB|MiB|GiB)|.*\\$\\{.+\\}.*)$',
);
const PERCENT = parsed(
  parsePercent,
  'a share such as "20%"',
  'Percent',
  '^(\\d+(\\.\\d+)?%|.*\\$\\{.+\\}.*)$',
);

const ADDRESS_RANGE = parsed(
  parseAddressRange,
  'an address or a network such as "10.0.0.0/8"',
  'AddressRange',
  '^([0-9A-Fa-f:.]+(/\\d{1,3})?|unix|.*\\$\\{.+\\}.*)$',
);

/** `10.0.0.0/8`, `2001:db8::/32`, one address, or `unix` for clients on unix sockets. */
export const addressRange = () => ADDRESS_RANGE;

/** `250ms`, `2s`, `1m`, `1h` → milliseconds. A default is given as text: `.prefault('5s')`. */
export const duration = () => DURATION;

/** `12h`, `30d`: how long something is kept → milliseconds. */
export const retention = () => RETENTION;

/** `2026-12-01T09:00:00Z` → milliseconds since 1970 (RFC 3339, with an offset). */
export const instant = () => INSTANT;

/** `2026-12-31`, the start of the day in UTC, or an {@link instant} → milliseconds since 1970. */
export const date = () => DATE;

/** A duration above zero. */
export const positiveDuration = () => DURATION.refine((ms) => ms > 0, 'must be longer than 0');

/** `64KiB`, `1MiB` → bytes. */
export const size = () => SIZE;

/** `20%` → 0.2. */
export const percent = () => PERCENT;

/** An origin: scheme, host, port and nothing else; `whyNoPath` explains why there is no more. */
export const origin = (whyNoPath = "paths belong to a route's rewrite") =>
  originText((text) => networkOrigin(text, whyNoPath));

/** An {@link origin}, or a unix socket by its path: `unix:/run/orders.sock`. */
export const targetOrigin = () =>
  originText((text) => {
    const path = writtenSocketPath(text);
    if (path === undefined) return networkOrigin(text, "paths belong to a route's rewrite");
    const fault = socketPathFault(path);
    if (fault !== undefined) throw new RangeError(fault);
    return socketOrigin(path);
  });

/** What `read` throws becomes the fault's message. */
const originText = (read: (text: string) => string) =>
  z
    .string({
      error: (issue) =>
        `expected an origin such as "http://orders:4001", found ${shown(issue.input)}`,
    })
    .transform((text, context) => {
      try {
        return read(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: (error as Error).message });
        return z.NEVER;
      }
    });

/** @throws {RangeError} that says what is wrong */
function networkOrigin(text: string, whyNoPath: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const message = originFault(text, url, whyNoPath);
  if (message !== undefined) throw new RangeError(message);
  return url!.origin;
}

function originFault(text: string, url: URL | undefined, whyNoPath: string): string | undefined {
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return `"${text}" is not an http or https URL, such as "http://orders:4001"`;
  }
  if (url.hostname.includes('$')) return `"${text}" has a $ in its host: a variable is \${NAME}`;
  // These are secrets: the message must not repeat them.
  if (url.username !== '' || url.password !== '') return 'must not contain a user name or password';
  if (url.pathname === '/' && url.search === '' && url.hash === '') return undefined;
  return `"${text}" must end after the port: ${whyNoPath}`;
}

/** A name in the config: a metric label, a log field and a word on the command line. */
export const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;

/** What is wrong with a name that does not fit {@link NAME}. */
export function nameFault(name: string, what: string): string {
  if (/^[A-Za-z][A-Za-z0-9_-]*$/.test(name)) {
    return `${shown(name)} cannot name ${what}: it has ${name.length} characters, and at most 63 are allowed`;
  }
  return `${shown(name)} cannot name ${what}: use letters, digits, - and _, starting with a letter`;
}

/** HTTP field name, RFC 9110 §5.1. */
export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** A field name in lower case; names with `_` are refused, since they are dropped from requests. */
export const fieldName = () =>
  z
    .string()
    .regex(TOKEN, { error: (issue) => `${shown(issue.input)} is not a header name` })
    .transform((name) => name.toLowerCase());

/** Lists that are read anyway, and fields that mean something else. */
const NO_ADDRESS =
  /^(x-forwarded-.*|forwarded|connection|host|authorization|cookie|via|te|content-.*|.*_.*)$/;

/** A field that holds one address. */
export const addressField = () =>
  fieldName().refine((name) => !NO_ADDRESS.test(name), {
    error: (issue) =>
      `${shown(issue.input)} is not a field with one address, such as CF-Connecting-IP or True-Client-IP; X-Forwarded-For and Forwarded are read without this key`,
  });

/** Without control characters, RFC 9110 §5.5. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

export const fieldValue = () =>
  z.string().regex(FIELD_VALUE, 'contains characters that a header must not have');

/** A field value that no fault shows, even if it is in the file. */
export const secretFieldValue = () =>
  z
    .string({ error: 'expected text, in quotes' })
    .regex(FIELD_VALUE, 'contains characters that a header must not have');

/**
 * `consumer`, `address`, `route`, `header:x`, `cookie:x`, `claim:x`, `plugin:x`: where a limit or a hash takes
 * its key from. The same word everywhere.
 */
export const source = () => SOURCE;

const SOURCE_PATTERN = new RegExp(
  `^(consumer|address|route|(header|cookie|plugin):[A-Za-z0-9_.-]+|claim:${PATH_PATTERN})$`,
);

const SOURCE = z
  .string()
  .regex(SOURCE_PATTERN, { error: (issue) => whyNoSource(String(issue.input)) })
  .meta({ id: 'Source' });

function whyNoSource(text: string): string {
  const claim = text.startsWith('claim:') ? pathFault(text.slice('claim:'.length)) : undefined;
  if (claim !== undefined) return claim;
  const meant = foreignSource(text);
  const right =
    meant === undefined
      ? ': use consumer, address, route, header:x, cookie:x, claim:x or plugin:x'
      : `; did you mean "${meant}"?`;
  return `${shown(text)} is not a source${right}`;
}

const pathFault = (text: string): string | undefined => whyNot(parseValuePath, text);

/** What `parse` says against the text. */
function whyNot(parse: (text: string) => unknown, text: string): string | undefined {
  try {
    parse(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** `a`, `a.b`, `"a.b".c`: the path to a field of a JSON value. */
export const valuePath = () => VALUE_PATH;

const VALUE_PATH = z
  .string()
  .regex(new RegExp(`^${PATH_PATTERN}$`), {
    error: (issue) => pathFault(String(issue.input)) ?? 'is not a path such as a.b',
  })
  .meta({ id: 'ValuePath' });

/** `items[].price`, `prices.*`: the path to many places of a JSON value. */
export const memberPath = () => MEMBER_PATH;

const MEMBER_PATH = z
  .string()
  .regex(new RegExp(`^${MEMBER_PATH_PATTERN}$`), {
    error: (issue) =>
      whyNot(parseMemberPath, String(issue.input)) ?? 'is not a path such as items[].price',
  })
  .refine((text) => whyNot(parseMemberPath, text) === undefined, {
    error: (issue) => whyNot(parseMemberPath, String(issue.input)) ?? '',
  })
  .meta({ id: 'MemberPath' });

/** The path to a claim: one spelling for all readers. */
export const claimPath = valuePath;

/** `false`, or `schema`: a default that can be taken away. */
export const orFalse = <T extends z.ZodType>(schema: T) =>
  alike(z.union([z.literal(false), schema]), schema);

/** One or several: what is written as a list or as its only member. */
export const oneOrMore = <T extends z.ZodType>(schema: T) =>
  alike(z.union([schema, z.array(schema).min(1)]), schema);

/** A choice is described as what it is a choice of. */
const alike = <T extends z.ZodType>(choice: T, { description }: z.ZodType): T =>
  description === undefined ? choice : choice.describe(description);
