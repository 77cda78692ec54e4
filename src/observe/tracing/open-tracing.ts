/** Opens tracing for a config; what it needs is loaded only then. */
import type { TracingConfig } from '../../config/build/config.ts';
import type { Clock } from '../../core/clock.ts';
import { within } from '../../core/within.ts';
import type { Metrics } from '../metrics.ts';
import { isSwitchedOff, settingsOf } from './settings.ts';
import { type SpanOutput, Tracing } from './tracing.ts';

export interface TracingSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: { warn(fields: object, message: string): void; info(message: string): void };
  readonly metrics: Pick<Metrics, 'countSpans'>;
}

/**
 * At the end, spans are sent for so long. A collector that is gone must not hold up a stop, which leaves one second for
 * everything that is to be closed.
 */
const FLUSH_MS = 800;
/** A collector that is away is logged this often. */
const REPEAT_MS = 60_000;

/** @returns `undefined` if the environment switches tracing off */
export async function openTracing(
  config: TracingConfig,
  surroundings: TracingSurroundings,
): Promise<Tracing | undefined> {
  const { env, version, clock, random } = surroundings;
  if (isSwitchedOff(env)) return undefined;
  const { otlpOutput } = await import('./otlp.ts');
  const output = await otlpOutput(config, { env, version, onBatch: batchTeller(surroundings) });
  const bounded: SpanOutput = {
    write: (trace, spans, offsetMs) => output.write(trace, spans, offsetMs),
    close: () => within(output.close(), { ms: FLUSH_MS, clock, late: () => undefined }),
  };
  return new Tracing(settingsOf(config, env), bounded, random);
}

/** Counts spans, and logs when a collector goes and comes. */
function batchTeller({ clock, log, metrics }: TracingSurroundings) {
  let toldAt: number | undefined;
  return (spans: number, error: Error | undefined): void => {
    metrics.countSpans(spans, error === undefined ? 'sent' : 'failed');
    if (error === undefined) {
      if (toldAt !== undefined) log.info('the collector takes spans again');
      toldAt = undefined;
    } else if (toldAt === undefined || clock.now() - toldAt >= REPEAT_MS) {
      toldAt = clock.now();
      log.warn({ err: error, spans }, 'spans could not be sent, and are lost');
    }
  };
}
