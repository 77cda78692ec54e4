/** What exists once in a gateway and is shared by its generations. */
import type { FastifyBaseLogger } from 'fastify';
import type { Call } from '../core/call.ts';
import type { ApiDocument } from '../config/openapi/model.ts';
import type { TracingConfig } from '../config/build/config.ts';
import type { Clock } from '../core/clock.ts';
import type { OpenStreams } from '../core/open-streams.ts';
import type { AccessLog } from '../observe/access-log.ts';
import type { LogOutput } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { RecentRequests } from '../observe/recent-requests.ts';
import type { Traces } from '../observe/traces.ts';
import type { Tracing } from '../observe/tracing/tracing.ts';
import type { Fetcher } from '../upstream/fetcher.ts';
import type { Names } from '../upstream/names/names.ts';
import type { ConsumerStreams } from '../policies/consumer-streams.ts';
import type { AnswerWatch } from '../policies/answer-watch.ts';
import type { CollectedBytes } from '../policies/collect.ts';
import type { Mirrors } from '../routes/mirror/mirrors.ts';
import type { RouteChanges } from '../routes/route-changes.ts';
import type { UpstreamRegistry } from '../upstream/registry.ts';
import type { EngineHost } from './engine-host.ts';
import type { KeptValues } from './kept-values.ts';

export interface World {
  readonly clock: Clock;
  /** Milliseconds since 1970, for what other machines have signed. */
  readonly wallClock: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: FastifyBaseLogger;
  /** A line for a request that has ended, in `log`. */
  readonly logAccess: AccessLog;
  /** The output of `log`; absent if the log was handed in. */
  readonly logOutput?: LogOutput | undefined;
  readonly metrics: Metrics;
  readonly names: Names;
  readonly fetcher: Pick<Fetcher, 'fetch' | 'close'>;
  readonly upstreams: UpstreamRegistry;
  readonly collected: CollectedBytes;
  readonly streams: OpenStreams;
  readonly consumerStreams: ConsumerStreams;
  readonly mirrors: Mirrors;
  readonly routeChanges: RouteChanges;
  readonly kept: KeptValues;
  /** Opens the engine of operations; absent where there can be none. */
  readonly engines?: EngineHost | undefined;
  readonly traces: Traces;
  readonly recent: RecentRequests;
  /** Opens tracing; absent where nothing can be traced. */
  readonly openTracing?: ((config: TracingConfig) => Promise<Tracing | undefined>) | undefined;
  /** Of the generation; absent if its config traces nothing. */
  readonly tracing?: Tracing | undefined;
  /** The config is only checked: nothing is served and nothing is called. */
  readonly checking: boolean;
  /** Called when a socket or a file gets no file descriptor; logged at most once a minute. */
  readonly onNoDescriptors?: () => void;
  readonly nextRequestId: () => string;
  /** Replaces the network of an upstream; tests pass one in. */
  readonly send?: ((upstream: string) => Call | undefined) | undefined;
  /** Watches the answers of upstreams that have a document; absent unless somebody develops. */
  readonly watchOf?: ((upstream: string, document: ApiDocument) => AnswerWatch) | undefined;
}
