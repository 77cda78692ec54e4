/** Counts who asks for which version: by consumer only for versions that end, and only so many consumers. */
import type { FastifyRequest } from 'fastify';
import type { PluginHost } from 'portico';
import type { Version } from './lifecycle.ts';

export type CountCaller = (request: FastifyRequest, version: Version) => void;

export function callerCounter(mostConsumers: number, host: PluginHost): CountCaller {
  const requests = host.metrics.counter(
    'version_requests_total',
    'Requests by the version of the API that they are for; who asks, if the version ends and the config wants to know.',
    ['route', 'version', 'consumer'],
  );
  const named = host.keep('consumers', () => new Set<string>());
  const nameOf = ({ consumer }: FastifyRequest): string => {
    if (consumer === undefined) return '';
    const { id } = consumer;
    if (named.has(id)) return id;
    if (named.size >= mostConsumers) return 'other';
    named.add(id);
    return id;
  };
  return (request, version) => {
    const consumer = mostConsumers > 0 && version.isEnding ? nameOf(request) : '';
    requests.inc({ route: request.gateway.route, version: version.name, consumer });
  };
}
