/** Where requests are counted, and what is said of them: all quotas of a request count it, or none does. */
import type { Calendar, Window } from './calendar.ts';

/** What a request asks of one quota. */
export interface Ask {
  /** Names the quota and, by a hash, whom it counts; the window is not in it. */
  readonly key: string;
  /** Requests in a window. */
  readonly limit: number;
  readonly calendar: Calendar;
}

/** One quota's answer. */
export interface Taken {
  readonly window: Window;
  /** Requests in the window, this one included if it was admitted. */
  readonly used: number;
}

export interface Decision {
  readonly isAdmitted: boolean;
  /** In the order of what was asked; empty where nothing could be counted. */
  readonly taken: readonly Taken[];
  /** By the clock that decided, in milliseconds since 1970. */
  readonly now: number;
}

/** The use of one key in the window of now. */
export type Usage = Taken;

export interface Counts {
  take(asks: readonly Ask[]): Decision | Promise<Decision>;
  /** Takes back what was counted, in the window in which it was. */
  giveBack(asks: readonly Ask[], decision: Decision): void;
  /** @throws GW_DEPENDENCY_DOWN where the store does not answer */
  usage(key: string, calendar: Calendar): Usage | Promise<Usage>;
  /** Begins at 0 again. @returns what had been used. @throws GW_DEPENDENCY_DOWN */
  reset(key: string, calendar: Calendar): Usage | Promise<Usage>;
}

/** The key of a window: a count never reaches into the next one. */
export const windowKey = (key: string, { name }: Window): string => `${key}:${name}`;
