/**
 * Windows of the calendar: days, weeks that begin on Monday, and months, in a time zone.
 *
 * A window begins with the first moment of its first day there: where clocks are put forward at midnight, that is later by
 * what they skip.
 */

/** What a quota is for. */
export const SPANS = ['day', 'week', 'month'] as const;
export type Span = (typeof SPANS)[number];

/** Times in milliseconds since 1970. */
export interface Window {
  /** Its span and first day, such as `month-2026-12-01`. */
  readonly name: string;
  readonly startMs: number;
  /** Of the next one. */
  readonly endMs: number;
}

const DAY_MS = 86_400_000;

/** Is there a time zone of that name (IANA), such as `Europe/Berlin`? */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}

export class Calendar {
  readonly #span: Span;
  readonly #clock: Intl.DateTimeFormat;
  /** The one that was asked for last: nearly always the one that is asked for next. */
  #last: Window | undefined;

  constructor(span: Span, timeZone: string) {
    this.#span = span;
    this.#clock = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
      timeZone,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      hourCycle: 'h23',
    });
  }

  /** The window that the moment `ms` is in. */
  at(ms: number): Window {
    const last = this.#last;
    if (last !== undefined && last.startMs <= ms && ms < last.endMs) return last;
    return (this.#last = this.#windowAt(ms));
  }

  #windowAt(ms: number): Window {
    // Days are counted as if the zone were UTC.
    const today = new Date(ms + this.#offsetAt(ms));
    const [year, month] = [today.getUTCFullYear(), today.getUTCMonth()];
    const [first, next] =
      this.#span === 'month'
        ? [Date.UTC(year, month, 1), Date.UTC(year, month + 1, 1)]
        : this.#days(today);
    return {
      name: `${this.#span}-${new Date(first).toISOString().slice(0, 10)}`,
      startMs: this.#midnight(first),
      endMs: this.#midnight(next),
    };
  }

  #days(today: Date): [first: number, next: number] {
    const day = Math.floor(today.getTime() / DAY_MS) * DAY_MS;
    if (this.#span === 'day') return [day, day + DAY_MS];
    // Monday is the first (ISO 8601).
    const first = day - ((today.getUTCDay() + 6) % 7) * DAY_MS;
    return [first, first + 7 * DAY_MS];
  }

  /** The first moment of a day that begins at `local`, if the zone were UTC. */
  #midnight(local: number): number {
    const before = local - this.#offsetAt(local - DAY_MS);
    const after = local - this.#offsetAt(local + DAY_MS);
    const times = [before, after].filter((ms) => ms + this.#offsetAt(ms) === local);
    // None: clocks skip it, and the day begins when they do.
    return times.length === 0 ? before : Math.min(...times);
  }

  /** How far the zone is ahead of UTC, in milliseconds; whole seconds, as zones have them. */
  #offsetAt(ms: number): number {
    const part: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
    for (const { type, value } of this.#clock.formatToParts(ms)) part[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    const local = Date.UTC(year, month - 1, day, hour, minute, second);
    return local - Math.floor(ms / 1_000) * 1_000;
  }
}
