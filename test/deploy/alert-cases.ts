/**
 * For each alert the series that must make it fire, as `promtool test rules` reads them: a sample every 15 s.
 *
 * `0+5x400` is a counter that grows by 5 each time, for 100 minutes.
 */
const ALWAYS = 'x400';

const JOB = 'job="portico",instance="gw:9901"';

export interface AlertCase {
  readonly series: Readonly<Record<string, string>>;
  /** When it must be firing. Default: after 25 minutes. */
  readonly at?: string;
  /** When it must not fire yet. */
  readonly notYet?: string;
}

const requests = (status: number, route = 'orders'): string =>
  `portico_requests_total{${JOB},route="${route}",status="${status}"}`;
const errors = (code: string): string =>
  `portico_errors_total{${JOB},route="orders",code="${code}"}`;
const upstream = (name: string, more = ''): string => `${name}{${JOB},upstream="orders"${more}}`;
const own = (name: string, more = ''): string => `${name}{${JOB}${more}}`;

const step = (outcome: string): string =>
  own('portico_saga_steps_total', `,saga="fulfilment",step="charge",outcome="${outcome}"`);

/** All is well: none may fire. */
export const HEALTHY: AlertCase['series'] = {
  [own('up')]: `1${ALWAYS}`,
  [own('process_start_time_seconds')]: `5${ALWAYS}`,
  [requests(200)]: `0+1500${ALWAYS}`,
  [requests(500)]: `0+3${ALWAYS}`,
  [requests(499)]: `0+100${ALWAYS}`,
  [own('portico_degraded_parts_total', ',route="orders",reason="timeout"')]: `0+15${ALWAYS}`,
  [errors('GW_TOKEN_INVALID')]: `0+30${ALWAYS}`,
  [errors('GW_INTERNAL')]: `1${ALWAYS}`,
  [own('portico_connections_refused_total', ',limit="address"')]: `7${ALWAYS}`,
  [upstream('portico_circuit_state')]: `0${ALWAYS}`,
  [upstream('portico_split_aborted', ',route="shop"')]: `0${ALWAYS}`,
  [upstream('portico_upstream_panic')]: `0${ALWAYS}`,
  [upstream('portico_target_healthy', ',target="a"')]: `1${ALWAYS}`,
  [upstream('portico_target_healthy', ',target="b"')]: `1${ALWAYS}`,
  [upstream('portico_target_healthy', ',target="c"')]: `0${ALWAYS}`,
  [upstream('portico_bulkhead_queue')]: `0 0 9 0 9 0${ALWAYS}`,
  [upstream('portico_upstream_requests_total', ',target="a",status="200"')]: `0+1500${ALWAYS}`,
  [upstream('portico_upstream_retries_total', ',reason="503"')]: `0+15${ALWAYS}`,
  [upstream('portico_upstream_duration_seconds_bucket', ',le="2.5"')]: `0+1500${ALWAYS}`,
  [upstream('portico_upstream_duration_seconds_bucket', ',le="+Inf"')]: `0+1501${ALWAYS}`,
  [upstream('portico_upstream_duration_seconds_count')]: `0+1501${ALWAYS}`,
  [own('portico_config_last_load_successful')]: `1${ALWAYS}`,
  [own('portico_tls_reloads_total', ',result="applied"')]: `0+1${ALWAYS}`,
  [own('portico_tls_reloads_total', ',result="rejected"')]: `3${ALWAYS}`,
  [own('portico_tls_certificate_expiry_seconds', ',name="shop.example"')]: `2600000${ALWAYS}`,
  [own('portico_jwks_fetches_total', ',issuer="shop",result="ok"')]: `0+1${ALWAYS}`,
  [own('portico_jwks_fetches_total', ',issuer="shop",result="failed"')]: `0+1${ALWAYS}`,
  [own('portico_rate_limit_store_errors_total')]: `2${ALWAYS}`,
  [own('portico_engine_up')]: `1${ALWAYS}`,
  [own('portico_operations_stuck', ',name="fulfilment"')]: `0${ALWAYS}`,
  [step('done')]: `0+20${ALWAYS}`,
  [step('unknown')]: `0+1${ALWAYS}`,
  [own('process_cpu_seconds_total')]: `0+6${ALWAYS}`,
  [own('nodejs_eventloop_lag_p99_seconds')]: `0.012${ALWAYS}`,
  [own('process_resident_memory_bytes')]: `150000000${ALWAYS}`,
  [own('process_open_fds')]: `100${ALWAYS}`,
  [own('process_max_fds')]: `65536${ALWAYS}`,
  [own('portico_log_lines_dropped_total')]: `9${ALWAYS}`,
  [own('portico_spans_total', ',result="sent"')]: `0+50${ALWAYS}`,
  [own('portico_spans_total', ',result="failed"')]: `4${ALWAYS}`,
};

/** By name: what is not well. Everything else is as in {@link HEALTHY}. */
export const CASES: Readonly<Record<string, AlertCase>> = {
  PorticoDown: { series: { [own('up')]: '1x20 0x400' }, at: '7m', notYet: '5m30s' },
  PorticoAbsent: { series: { [own('up')]: '1x20 _x400' }, at: '17m', notYet: '11m' },
  PorticoRestarting: {
    series: { [own('process_start_time_seconds')]: '5x40 6x5 7x5 8x400' },
    at: '15m',
    notYet: '12m',
  },
  PorticoErrors: { series: { [requests(502)]: `0+100${ALWAYS}` } },
  PorticoRouteErrors: { series: { [requests(502)]: `0+20${ALWAYS}` } },
  PorticoDegraded: {
    series: { [own('portico_fallbacks_total', ',route="orders",reason="5xx"')]: `0+150${ALWAYS}` },
  },
  PorticoInternalError: {
    series: {
      [`portico_errors_total{${JOB},route="new",code="GW_INTERNAL"}`]: `_x60 1x400`,
    },
    at: '20m',
    notYet: '14m',
  },
  PorticoOverloaded: { series: { [errors('GW_OVERLOADED')]: `0+1${ALWAYS}` } },
  PorticoConnectionsRefused: {
    series: { [own('portico_connections_refused_total', ',limit="connections"')]: `0+1${ALWAYS}` },
  },
  PorticoCircuitOpen: {
    // Half-open for a moment, again and again.
    series: { [upstream('portico_circuit_state')]: '0x20 2x3 1 2x3 1 2x400' },
    at: '7m',
    notYet: '5m45s',
  },
  PorticoCircuitForced: {
    series: { [upstream('portico_circuit_state')]: `3${ALWAYS}` },
    at: '62m',
    notYet: '59m',
  },
  PorticoSplitAborted: {
    series: { [upstream('portico_split_aborted', ',route="shop"')]: '0x20 1x400' },
    at: '6m',
    notYet: '4m30s',
  },
  PorticoUpstreamPanic: { series: { [upstream('portico_upstream_panic')]: `1${ALWAYS}` } },
  PorticoTargetsUnhealthy: {
    series: { [upstream('portico_target_healthy', ',target="b"')]: `0${ALWAYS}` },
  },
  PorticoNoTarget: { series: { [errors('GW_NO_TARGET')]: `0+1${ALWAYS}` } },
  PorticoBulkheadFull: { series: { [errors('GW_BULKHEAD_FULL')]: `0+1${ALWAYS}` } },
  PorticoQueueing: {
    series: { [upstream('portico_bulkhead_queue')]: '0x20 3x400' },
    at: '8m',
    notYet: '6m',
  },
  PorticoUpstreamSlow: {
    series: {
      [upstream('portico_upstream_duration_seconds_bucket', ',le="5"')]: `0+1560${ALWAYS}`,
      [upstream('portico_upstream_duration_seconds_bucket', ',le="+Inf"')]: `0+1560${ALWAYS}`,
    },
  },
  PorticoRetries: {
    series: {
      [upstream('portico_upstream_retries_total', ',reason="connect"')]: `0+150${ALWAYS}`,
    },
  },
  PorticoConfigRejected: {
    series: { [own('portico_config_last_load_successful')]: '1x20 0x400' },
    at: '11m',
    notYet: '9m',
  },
  PorticoTlsRejected: {
    series: { [own('portico_tls_reloads_total', ',result="rejected"')]: '3x40 4x400' },
    at: '12m',
    notYet: '9m30s',
  },
  PorticoCertificateExpiring: {
    series: {
      [own('portico_tls_certificate_expiry_seconds', ',name="shop.example"')]: `1000000${ALWAYS}`,
    },
    at: '62m',
    notYet: '59m',
  },
  PorticoCertificateExpired: {
    series: {
      [own('portico_tls_certificate_expiry_seconds', ',name="shop.example"')]: `100000${ALWAYS}`,
    },
  },
  PorticoKeySetDown: {
    series: {
      [own('portico_jwks_fetches_total', ',issuer="shop",result="ok"')]: '0+1x40 40x400',
    },
    at: '32m',
    notYet: '29m',
  },
  PorticoSharedStoreDown: {
    series: { [own('portico_rate_limit_store_errors_total')]: `0+1${ALWAYS}` },
  },
  PorticoOperationsStuck: {
    series: { [own('portico_operations_stuck', ',name="fulfilment"')]: '0x20 1x400' },
    at: '7m',
    notYet: '5m30s',
  },
  PorticoEngineDown: {
    series: { [own('portico_engine_up')]: '1x20 0x400' },
    at: '7m',
    notYet: '5m30s',
  },
  PorticoStepFailing: { series: { [step('unknown')]: `0+30${ALWAYS}` }, at: '25m', notYet: '8m' },
  PorticoCpu: { series: { [own('process_cpu_seconds_total')]: `0+13${ALWAYS}` } },
  PorticoLoopLag: { series: { [own('nodejs_eventloop_lag_p99_seconds')]: `0.15${ALWAYS}` } },
  PorticoMemory: { series: { [own('process_resident_memory_bytes')]: `500000000${ALWAYS}` } },
  PorticoDescriptors: { series: { [own('process_open_fds')]: `60000${ALWAYS}` } },
  PorticoLogLinesDropped: { series: { [own('portico_log_lines_dropped_total')]: `0+1${ALWAYS}` } },
  PorticoSpansLost: {
    series: { [own('portico_spans_total', ',result="failed"')]: `0+1${ALWAYS}` },
  },
};
