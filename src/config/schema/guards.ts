/** The schema of what guards the calls of an upstream: bulkhead, breaker, retry. */
import { z } from 'zod';
import { duration, percent, positiveDuration } from './types.ts';

export const Bulkhead = z
  .strictObject({
    concurrency: z.int().min(1).max(65_535).default(128).describe('Exchanges open at once.'),
    queue: z
      .int()
      .min(0)
      .default(32)
      .describe(
        'Calls that may wait for a slot; further ones get 503, first those of the client with the most. 0 never waits.',
      ),
    wait: duration().prefault('1s').describe('Longest wait for a slot; then 503.'),
  })
  .describe('Bounds the open exchanges of one upstream.');

/** What a circuit may count besides statuses. */
export const FAILURE_KINDS = ['connect', 'reset', 'timeout', 'invalid', 'cut', '5xx'] as const;

const breakerCommon = {
  handle: z
    .array(z.union([z.enum(FAILURE_KINDS), z.int().min(400).max(599)]))
    .min(1)
    .default([...FAILURE_KINDS])
    .describe(
      'What counts as a failure: no connection, closed before the response, no response in time, an unreadable response, a body that is cut, `5xx` (all but 501 and 505; of gRPC unknown, deadline exceeded, internal, unavailable and data loss), or a status.',
    ),
  slow: positiveDuration()
    .optional()
    .describe('A response whose head takes this long counts as a failure too.'),
  open: positiveDuration()
    .prefault('5s')
    .describe('How long an open circuit stays open at first; it doubles with each failed probe.'),
  probes: z.int().min(1).max(100).default(1).describe('Calls that probe a half-open circuit.'),
};

export const Breaker = z
  .union([
    z.strictObject({
      ratio: z
        .number()
        .gt(0)
        .max(1)
        .default(0.5)
        .describe('Share of failures in the window that opens the circuit.'),
      minimum: z.int().min(1).default(20).describe('Calls in the window before the ratio counts.'),
      window: positiveDuration().prefault('10s').describe('Span over which calls are counted.'),
      ...breakerCommon,
    }),
    z.strictObject({
      consecutive: z.int().min(1).describe('Consecutive failures that open the circuit.'),
      ...breakerCommon,
    }),
  ])
  .describe('Stops calling an upstream that keeps failing; false disables it.');

/** Failures that may be tried again. */
export const RETRY_REASONS = [
  'connect',
  'reset',
  'cancelled',
  'deadline-exceeded',
  'resource-exhausted',
  'internal',
  'unavailable',
] as const;

export const Retry = z
  .strictObject({
    attempts: z.int().min(1).max(10).default(2).describe('Attempts in total, including the first.'),
    on: z
      .array(z.union([z.enum(RETRY_REASONS), z.int().min(500).max(599)]))
      .min(1)
      .default(['connect', 'reset', 502, 503, 504])
      .describe(
        'Failures to retry: no connection, closed before the response, or a status; 504 includes the attempt timeout. An outcome of gRPC, such as `unavailable`, is retried whatever the call does: list it only where all calls may be made twice.',
      ),
    backoff: duration()
      .prefault('25ms')
      .describe('Longest wait before the first retry; it doubles, with full jitter.'),
    budget: percent()
      .prefault('20%')
      .describe('Retries as a share of the calls in the last 10 s; 3 a second are always allowed.'),
  })
  .describe('Retries a failed call where that is safe; false disables it.');
