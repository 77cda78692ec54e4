/** Durations, sizes, shares and times as gateway.config.yaml writes them: always with their unit. */

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const UNIT_BYTES = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 } as const;

/** Longest duration a timer can hold (2^31 - 1 ms, about 24 days). */
export const MAX_DURATION_MS = 2_147_483_647;

/**
 * Reads `250ms`, `2s`, `1.5m`, `1h`.
 *
 * @returns milliseconds
 * @throws {RangeError} when the unit is missing or unknown; a bare number is refused, not guessed
 */
export function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  if (amount === undefined) {
    throw new RangeError(`"${text}" is not a duration such as "250ms": its unit is ms, s, m or h`);
  }
  const ms = Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
  if (ms > MAX_DURATION_MS) throw new RangeError(`"${text}" is longer than 24 days`);
  return ms;
}

const UNIT_DAYS_MS = { h: 3_600_000, d: 86_400_000 } as const;
const MAX_RETENTION_MS = 366 * UNIT_DAYS_MS.d;

/**
 * Reads how long something is kept: `12h`, `30d`. No timer runs for it, so it may be longer than a duration.
 *
 * @returns milliseconds
 * @throws {RangeError} when the unit is another one, or for more than 366 days
 */
export function parseRetention(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(h|d)$/.exec(text) ?? [];
  if (amount === undefined) {
    throw new RangeError(`"${text}" is not a time such as "30d": its unit is h or d`);
  }
  const ms = Number(amount) * UNIT_DAYS_MS[unit as keyof typeof UNIT_DAYS_MS];
  if (ms > MAX_RETENTION_MS) throw new RangeError(`"${text}" is longer than 366 days`);
  return ms;
}

const INSTANT =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Reads `2026-12-01T09:00:00Z`, `2026-12-01T10:00:00+01:00` (RFC 3339 §5.6, in upper case, without leap seconds).
 *
 * @returns milliseconds since 1970
 * @throws {RangeError} when it has no offset, or names a day that its month does not have
 */
export function parseInstant(text: string): number {
  const [, year, month, day] = INSTANT.exec(text) ?? [];
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (date.getUTCMonth() + 1 === Number(month) && date.getUTCDate() === Number(day)) {
    return Date.parse(text);
  }
  throw new RangeError(
    `"${text}" is not a time such as "2026-12-01T09:00:00Z" or "2026-12-01T10:00:00+01:00"`,
  );
}

/**
 * Reads a day, `2026-12-31`, as its start in UTC, or a time as {@link parseInstant} does.
 *
 * @returns milliseconds since 1970
 * @throws {RangeError} when there is no such day, or no such time
 */
export function parseDate(text: string): number {
  try {
    return parseInstant(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
  } catch (error) {
    const message = `"${text}" is not a day such as "2026-12-31", or a time such as "2026-12-31T18:00:00Z"`;
    throw new RangeError(message, { cause: error });
  }
}

/**
 * Reads `512B`, `64KiB`, `1MiB`, `2GiB`.
 *
 * @returns whole bytes
 * @throws {RangeError} when the unit is missing or unknown, or the size exceeds what can be counted
 */
export function parseSize(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(B|KiB|MiB|GiB)$/.exec(text) ?? [];
  if (amount === undefined) {
    throw new RangeError(`"${text}" is not a size such as "64KiB": its unit is B, KiB, MiB or GiB`);
  }
  const bytes = Math.floor(Number(amount) * UNIT_BYTES[unit as keyof typeof UNIT_BYTES]);
  if (bytes > Number.MAX_SAFE_INTEGER) throw new RangeError(`"${text}" is larger than 8 PiB`);
  return bytes;
}

/** The shortest text that `parseSize` reads as so many bytes. */
export function formatSize(bytes: number): string {
  const units = Object.entries(UNIT_BYTES).toReversed();
  const [unit, size] = units.find(([, each]) => bytes >= each && bytes % each === 0) ?? ['B', 1];
  return `${bytes / size}${unit}`;
}

/** The shortest text that `parseDuration` reads as so many milliseconds. */
export function formatDuration(ms: number): string {
  const units = Object.entries(UNIT_MS).toSorted(([, one], [, other]) => other - one);
  const [unit, size] = units.find(([, each]) => ms >= each && ms % each === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}

/**
 * Reads `20%`.
 *
 * @returns a share between 0 and 1
 * @throws {RangeError} without the sign, or past 100%
 */
export function parsePercent(text: string): number {
  const [, amount] = /^(\d+(?:\.\d+)?)%$/.exec(text) ?? [];
  if (amount === undefined) throw new RangeError(`"${text}" is not a share such as "20%"`);
  if (Number(amount) > 100) throw new RangeError(`"${text}" is more than 100%`);
  return Number(amount) / 100;
}
