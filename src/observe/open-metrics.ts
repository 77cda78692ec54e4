/**
 * The same metrics in the OpenMetrics format, which has room for exemplars: prom-client makes it, but changes the names of
 * counters in the metrics themselves, so it gets views of them.
 */
import { type Metric, type OpenMetricsContentType, Registry } from 'prom-client';

interface Read {
  readonly name: string;
  readonly type: string;
  readonly values: readonly { readonly metricName?: string }[];
}

/** Does a scraper prefer this format? Prometheus lists it first where it wants exemplars. */
export const wantsOpenMetrics = (accept: string | undefined): boolean =>
  accept !== undefined && /(^|,)\s*application\/openmetrics-text\b/i.test(accept);

/** All metrics of `registry`, to be scraped once. */
export function openMetrics(registry: Registry): Registry<OpenMetricsContentType> {
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

/** In this format the name of a counter lacks `_total`, and its samples have it. */
const bare = (name: string): string => name.replace(/_total$/, '');

const withBareName = <T extends { readonly metricName?: string }>(value: T): T =>
  value.metricName === undefined ? value : { ...value, metricName: bare(value.metricName) };
