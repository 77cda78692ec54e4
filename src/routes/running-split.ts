/**
 * A split at work: chooses the side of each request, and knows which sides are out.
 *
 * Who asks for a side by `when` gets it. Everybody else has a bucket, by the sticky key or, without one, by chance. What
 * would go to a side that is out goes to the first side, and nobody else moves.
 */
import type { FastifyRequest } from 'fastify';
import type { Clock } from '../core/clock.ts';
import type { SplitReason, SplitRecord } from '../core/record.ts';
import type { Guard } from '../core/sender.ts';
import type { LatencyFigures } from '../observe/latencies.ts';
import { type RequestSource, requestSource } from '../edge/source.ts';
import { type SideAbort, sideAbort, SideState } from '../policies/side-abort.ts';
import { sideCalls, SideWindow } from '../policies/side-calls.ts';
import { SideTimes, sideTiming } from '../policies/side-times.ts';
import type { RampStep, SplitConfig } from './split-config.ts';
import { bucketsOf, edgesOf, sharesOf, sideOf, type Weights, weightsAt } from './split-weights.ts';
import { compileWhen, type When } from './when.ts';

/** What a split shares with its gateway. */
export interface SplitWorld {
  readonly clock: Clock;
  /** Milliseconds since 1970, for ramps. */
  readonly wallClock: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** The value under `key` that generations hand on while `settings` are equal; made by the first. */
  readonly keep: <T>(key: string, settings: unknown, make: () => T) => T;
  readonly onChosen: (route: string, side: string) => void;
  /** A side was taken out because of its calls. */
  readonly onAborted: (route: string, side: string, why: string) => void;
}

export interface SplitChoice extends SplitRecord {
  /** Of the side, in the order of the config. */
  readonly place: number;
}

/** What is told of a choice, without making it. */
export interface SplitDecision {
  readonly choice: SplitChoice;
  /** Another request like this one gets the same side. */
  readonly isCertain: boolean;
  /** Absent if the side was asked for, or is chosen by chance. */
  readonly bucket?: number;
  /** Where the key is from, if one is configured. */
  readonly sticky?: string;
}

/** A side as it is now. */
export interface SideFacts {
  readonly upstream: string;
  /** What its config says for now. */
  readonly weight: number;
  /** The share of requests that it gets, 0 to 1: none while it is out. */
  readonly share: number;
  readonly next: RampStep | undefined;
  readonly abort: SideAbort | undefined;
}

/** What happened to the calls of a side in the last {@link RECENT_MS}, since it was last handed back. */
export interface SideFigures {
  readonly calls: number;
  readonly failures: number;
  /** To the head of an answer; absent if there was none. */
  readonly latency?: LatencyFigures;
}

/** The span in which every side is watched, whether it may be aborted or not. */
export const RECENT_MS = 60_000;

/** What an operator may say of a side: out, or by its weight again. */
export const SIDE_ORDERS = ['aborted', 'auto'] as const;
export type SideOrder = (typeof SIDE_ORDERS)[number];

interface Timed extends Weights {
  readonly edges: readonly number[];
}

export class RunningSplit {
  readonly route: string;
  readonly #config: SplitConfig;
  readonly #world: SplitWorld;
  readonly #states: readonly SideState[];
  /** By which each side is watched, whether it may be aborted or not. */
  readonly #recent: readonly SideWindow[];
  readonly #times: readonly SideTimes[];
  readonly #whens: readonly (When | undefined)[];
  readonly #source: RequestSource | undefined;
  readonly #bucketOfKey: (key: string) => number;
  readonly #choices: readonly Readonly<Record<SplitReason, SplitChoice>>[];
  readonly #hasWhen: boolean;
  readonly #hasRamp: boolean;
  #timed: Timed;

  constructor(route: string, config: SplitConfig, world: SplitWorld) {
    const { sides, sticky, salt = route } = config;
    this.route = route;
    this.#config = config;
    this.#world = world;
    this.#bucketOfKey = bucketsOf(salt);
    this.#source = sticky === undefined ? undefined : requestSource(sticky);
    this.#whens = sides.map(({ when }) => when && compileWhen(when, 'sides of a split'));
    this.#hasWhen = sides.some(({ when }) => when !== undefined);
    this.#hasRamp = sides.some(({ ramp }) => ramp.length > 0);
    this.#states = sides.map(({ upstream }) =>
      world.keep(keyOf(route, upstream), {}, () => new SideState()),
    );
    this.#recent = sides.map((_side, place) => this.#windowOf(place, RECENT_MS));
    this.#times = sides.map(({ upstream }) =>
      world.keep(
        `${keyOf(route, upstream)}.times`,
        { spanMs: RECENT_MS },
        () => new SideTimes(RECENT_MS),
      ),
    );
    this.#choices = sides.map(({ upstream: side }, place) => ({
      when: { side, place, by: 'when' },
      sticky: { side, place, by: 'sticky' },
      chance: { side, place, by: 'chance' },
      aborted: { side, place, by: 'aborted' },
    }));
    this.#timed = this.#timedAt(world.wallClock());
  }

  /** @throws GW_REQUEST_INVALID as `when` does */
  choose(request: FastifyRequest): SplitChoice {
    const asked = this.#hasWhen ? this.#askedFor(request) : -1;
    const choice = asked >= 0 ? this.#open(asked, 'when') : this.#ofBucket(this.#bucketOf(request));
    this.#world.onChosen(this.route, choice.side);
    return choice;
  }

  /** What {@link choose} would do; by chance, it is the side with the greatest weight. Counts nothing. */
  explain(request: FastifyRequest): SplitDecision {
    const { sticky } = this.#config;
    const asked = this.#askedFor(request);
    if (asked >= 0) return { choice: this.#open(asked, 'when'), isCertain: true };
    const bucket = this.#bucketOf(request);
    const known = sticky === undefined ? {} : { sticky };
    if (bucket !== undefined) {
      return { choice: this.#ofBucket(bucket), isCertain: true, bucket, ...known };
    }
    const { weights } = this.#now();
    const likeliest = weights.indexOf(Math.max(...weights));
    const isCertain = this.sides().some(({ share }) => share === 1);
    return { choice: this.#open(likeliest, 'chance'), isCertain, ...known };
  }

  sides(): readonly SideFacts[] {
    const { weights } = this.#now();
    const now = this.#world.wallClock();
    const shares = sharesOf(this.#inForce(weights));
    return this.#config.sides.map(({ upstream, ramp }, i) => ({
      upstream,
      weight: weights[i]!,
      share: shares[i]!,
      next: ramp.find(({ atMs }) => atMs > now),
      abort: this.#states[i]!.abort,
    }));
  }

  /** In the order of the sides. */
  figures(): readonly SideFigures[] {
    const now = this.#world.clock.now();
    return this.#states.map(({ epoch }, place) => {
      const latency = this.#times[place]!.figures(epoch, now);
      return {
        ...this.#recent[place]!.sum(epoch, now),
        ...(latency && { latency }),
      };
    });
  }

  /** They count the calls of a side, time them, and may take it out. */
  guardsOf(place: number): readonly Guard[] {
    const { clock } = this.#world;
    const state = this.#states[place]!;
    const epoch = (): number => state.epoch;
    return [sideTiming({ times: this.#times[place]!, epoch, clock }), this.#countingOf(place)];
  }

  #countingOf(place: number): Guard {
    const { upstream, abort: config } = this.#config.sides[place]!;
    const { clock, wallClock, onAborted } = this.#world;
    const state = this.#states[place]!;
    const spans = [
      RECENT_MS,
      ...(config === undefined ? this.#comparedSpans(place) : [config.windowMs]),
    ];
    const windows = [...new Set(spans)].map((windowMs) => this.#windowOf(place, windowMs));
    if (config === undefined) return sideCalls({ windows, epoch: () => state.epoch, clock });
    const window = this.#windowOf(place, config.windowMs);
    const first = config.isRelative ? this.#windowOf(0, config.windowMs) : undefined;
    const onAbort = (why: string): void => {
      if (state.takeOut({ at: wallClock(), why })) onAborted(this.route, upstream, why);
    };
    return sideAbort({ config, state, window, windows, first, clock, onAbort });
  }

  /** Those over which other sides are compared with this one: the first. */
  #comparedSpans(place: number): readonly number[] {
    if (place > 0) return [];
    return this.#config.sides.flatMap(({ abort }) =>
      abort?.isRelative === true ? abort.windowMs : [],
    );
  }

  /** That of the generation before, if it was as long. */
  #windowOf(place: number, windowMs: number): SideWindow {
    const key = keyOf(this.route, this.#config.sides[place]!.upstream);
    return this.#world.keep(`${key}.window`, { windowMs }, () => new SideWindow(windowMs));
  }

  /** @returns false if there is no such side, or if it is the first: the others' requests go there */
  order(upstream: string, order: SideOrder, why: string): boolean {
    const place = this.#config.sides.findIndex((side) => side.upstream === upstream);
    if (place < 1) return false;
    const state = this.#states[place]!;
    if (order === 'auto') state.handBack();
    else state.takeOut({ at: this.#world.wallClock(), why });
    return true;
  }

  /** The first side whose `when` is met: its place; -1 if none is. */
  #askedFor(request: FastifyRequest): number {
    return this.#whens.findIndex((when) => when?.(request) === true);
  }

  /** `undefined` if nothing tells who it is. An empty key is none: everybody could have it. */
  #bucketOf(request: FastifyRequest): number | undefined {
    const key = this.#source?.(request);
    return key === undefined || key === '' ? undefined : this.#bucketOfKey(key);
  }

  #ofBucket(bucket: number | undefined): SplitChoice {
    const { edges } = this.#now();
    return bucket === undefined
      ? this.#open(sideOf(this.#world.random(), edges), 'chance')
      : this.#open(sideOf(bucket, edges), 'sticky');
  }

  #open(place: number, by: SplitReason): SplitChoice {
    return this.#states[place]!.abort === undefined
      ? this.#choices[place]![by]
      : this.#choices[0]!.aborted;
  }

  /** The weights of the sides that are out go to the first. */
  #inForce(weights: readonly number[]): readonly number[] {
    const isOut = (place: number): boolean => this.#states[place]!.abort !== undefined;
    const out = weights.reduce((sum, weight, i) => (isOut(i) ? sum + weight : sum), 0);
    return weights.map((weight, i) => (i === 0 ? weight + out : isOut(i) ? 0 : weight));
  }

  #now(): Timed {
    if (!this.#hasRamp) return this.#timed;
    const at = this.#world.wallClock();
    // The wall clock may be set back, too.
    if (at < this.#timed.from || at >= this.#timed.until) this.#timed = this.#timedAt(at);
    return this.#timed;
  }

  #timedAt(at: number): Timed {
    const weights = weightsAt(this.#config.sides, at);
    return { ...weights, edges: edgesOf(weights.weights) };
  }
}

const keyOf = (route: string, upstream: string): string => `routes.${route}.split.${upstream}`;
