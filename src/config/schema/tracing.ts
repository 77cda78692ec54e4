/** `telemetry.tracing`: which requests are traced, and where their spans go. */
import { z } from 'zod';
import { fieldName, orFalse, percent, positiveDuration, secretFieldValue, shown } from './types.ts';

export const OTLP_PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const;

/** Empty where a variable has no value: then nothing is traced. */
const endpoint = z.string().refine((text) => text === '' || isCollector(text), {
  error: (issue) =>
    `expected the URL of a collector, such as "http://collector:4318", found ${shown(issue.input)}`,
});

function isCollector(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && `${username}${password}${search}${hash}` === '';
}

export const Tracing = orFalse(
  z.strictObject({
    endpoint: endpoint
      .optional()
      .describe(
        'A collector that takes OTLP, such as `http://collector:4318`; for HTTP, `/v1/traces` is added. Empty: nothing is traced. Default: what `OTEL_EXPORTER_OTLP_ENDPOINT` says, or this machine.',
      ),
    protocol: z
      .enum(OTLP_PROTOCOLS)
      .optional()
      .describe('Default: what `OTEL_EXPORTER_OTLP_PROTOCOL` says, or `http/protobuf`.'),
    headers: z
      .record(fieldName(), secretFieldValue())
      .optional()
      .describe(
        'Fields for the collector, such as its token. Default: `OTEL_EXPORTER_OTLP_HEADERS`.',
      ),
    service: z
      .string()
      .min(1)
      .optional()
      .describe(
        '`service.name` of the spans. Default: what `OTEL_SERVICE_NAME` says, or `portico`.',
      ),
    sample: percent()
      .optional()
      .describe(
        'Share of the traces that is sent, unless a trusted proxy has decided. Default: what `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG` say, or all.',
      ),
    keep: z
      .strictObject({
        errors: z.boolean().default(true).describe('Answers of 500 and above, and degraded ones.'),
        slow: orFalse(positiveDuration())
          .prefault('1s')
          .describe('Requests that took at least this long; `false`: time does not count.'),
      })
      .prefault({})
      .describe('What is sent although it was not sampled. Upstreams have then recorded nothing.'),
    baggage: z
      .array(z.string().regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, 'is no key of baggage'))
      .default([])
      .describe('Keys of the client’s `baggage` that are passed on; all others are removed.'),
  }),
);
