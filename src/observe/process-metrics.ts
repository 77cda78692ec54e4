/**
 * Node's own metrics, and those of the process: the only ones that prom-client keeps, a few dozen series.
 *
 * In the OpenMetrics format prom-client changes the names of counters in the metrics themselves, so it gets views
 * of them.
 */
import {
  collectDefaultMetrics,
  type Metric,
  type OpenMetricsContentType,
  Registry,
} from 'prom-client';
import { bare } from './family.ts';

/** Their text, in whole lines. */
export type ProcessMetrics = (isOpen: boolean) => Promise<string>;

/** From now on the process is watched, and nothing ends that. */
export function processMetrics(): ProcessMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return async (isOpen) => {
    if (!isOpen) return registry.metrics();
    return (await openMetrics(registry).metrics()).replace(/# EOF\n$/, '');
  };
}

interface Read {
  readonly name: string;
  readonly type: string;
  readonly values: readonly { readonly metricName?: string }[];
}

/** All metrics of `registry`, to be read once. */
function openMetrics(registry: Registry): Registry<OpenMetricsContentType> {
  const views = new Registry<OpenMetricsContentType>();
  views.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  // The cast holds: a registry reads a metric's name, type and values, and no more.
  for (const metric of registry.getMetricsAsArray()) views.registerMetric(viewOf(metric) as never);
  return views;
}

function viewOf(metric: object): object {
  const { name, type } = metric as Read;
  const get = async (): Promise<Read> => {
    const read = (await (metric as Metric).get()) as unknown as Read;
    if (read.type !== 'counter') return read;
    return { ...read, name: bare(read.name), values: read.values.map(withBareName) };
  };
  return { name: type === 'counter' ? bare(name) : name, type, get };
}

const withBareName = <T extends { readonly metricName?: string }>(value: T): T =>
  value.metricName === undefined ? value : { ...value, metricName: bare(value.metricName) };
