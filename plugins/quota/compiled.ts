/** A quota of the config, compiled: what it asks of the store for a request. */
import type { FastifyRequest } from 'fastify';
import { requestSource } from 'portico';
import { Calendar } from './calendar.ts';
import type { Ask } from './counts.ts';
import type { Quota } from './options.ts';
import { quotaKeyOf } from './quota-key.ts';

export class CompiledQuota {
  readonly name: string;
  readonly quota: Quota;
  readonly calendar: Calendar;
  readonly #keyOf: (request: FastifyRequest) => string;
  readonly #limitOf: (request: FastifyRequest) => number;

  constructor(name: string, quota: Quota) {
    this.name = name;
    this.quota = quota;
    this.calendar = new Calendar(quota.per, quota.timezone);
    this.#keyOf = quotaKeyOf(name, quota.by);
    this.#limitOf = limitOf(quota);
  }

  ask(request: FastifyRequest): Ask {
    return {
      key: this.#keyOf(request),
      limit: this.#limitOf(request),
      calendar: this.calendar,
    };
  }
}

function limitOf({ limit, plan, plans = {}, default: standard = '' }: Quota) {
  if (limit !== undefined || plan === undefined) return () => limit ?? 0;
  const limits = new Map(Object.entries(plans));
  const planOf = requestSource(plan);
  // The config was checked: the default is one of them.
  const otherwise = limits.get(standard) ?? 0;
  return (request: FastifyRequest) => limits.get(planOf(request) ?? standard) ?? otherwise;
}
