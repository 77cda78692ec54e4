/** What operators may ask of quotas on the admin port: how much somebody has used, and to begin at 0 again. */
import { GatewayError, hint, type PluginHost, z } from 'portico';
import type { CompiledQuota } from './compiled.ts';
import type { Counts, Usage } from './counts.ts';
import { quotaKey } from './quota-key.ts';

const text = () => z.string().min(1).max(4_096);

const WHO = {
  quota: text(),
  /** Its id; with the name of the plugin that identifies it, and the issuer of its token. */
  consumer: text().optional(),
  via: text().optional(),
  issuer: text().optional(),
  /** The value of any other source: an address, or a header's value. */
  value: text().optional(),
};

const Who = z.strictObject(WHO);
type Who = z.output<typeof Who>;

const Reset = z.strictObject({
  ...WHO,
  reason: z
    .string('a reset needs a "reason"')
    .regex(
      /^(?=.*\S)[^\p{Cc}\p{Zl}\p{Zp}]{1,200}$/u,
      'must be a text of 1 to 200 characters, without control characters',
    ),
});

interface Surroundings {
  readonly counts: Counts;
  readonly quotas: ReadonlyMap<string, CompiledQuota>;
}

/** `POST /quotas/read` and `POST /quotas/reset`. */
export function takeOrders(host: PluginHost, { counts, quotas }: Surroundings): void {
  /** @throws GW_REQUEST_INVALID for a quota that is not there, and for a body that names nobody */
  const find = (who: Who) => {
    const quota = quotas.get(who.quota);
    if (quota === undefined) {
      const near = hint(who.quota, [...quotas.keys()]);
      throw new GatewayError('GW_REQUEST_INVALID', `no quota "${who.quota}"${near}`);
    }
    return { quota, key: quotaKey(who.quota, valueOf(who, quota)) };
  };
  host.admin.post('/quotas/read', Who, async (who) => {
    const { quota, key } = find(who);
    return shown(quota, await counts.usage(key, quota.calendar));
  });
  host.admin.post('/quotas/reset', Reset, async ({ reason, ...who }) => {
    const { quota, key } = find(who);
    const usage = await counts.reset(key, quota.calendar);
    const { consumer, via } = who;
    const fields = { quota: who.quota, consumer, via, used: usage.used, reason };
    host.log.info(fields, 'a quota was reset by an operator');
    return shown(quota, { ...usage, used: 0 }, usage.used);
  });
}

/** As {@link requestSource} has it. */
function valueOf({ consumer, via, issuer = '', value }: Who, { quota }: CompiledQuota): string {
  const invalid = (detail: string) => new GatewayError('GW_REQUEST_INVALID', detail);
  if ((consumer === undefined) === (value === undefined)) {
    throw invalid('name a "consumer", or the "value" that the quota counts by');
  }
  if (value !== undefined) return value;
  if (quota.by !== 'consumer') throw invalid(`counts by ${quota.by}: give its "value"`);
  if (via === undefined) {
    throw invalid('needs "via": the plugin that identifies the consumer, such as apiKey');
  }
  return `${via}:${issuer}:${consumer}`;
}

function shown({ name, quota }: CompiledQuota, { window, used }: Usage, before?: number) {
  const { limit, plans } = quota;
  return {
    quota: name,
    used,
    ...(before !== undefined && { usedBefore: before }),
    // Which plan somebody is on, only requests tell.
    ...(limit === undefined ? { plans } : { limit, remaining: Math.max(0, limit - used) }),
    from: new Date(window.startMs).toISOString(),
    until: new Date(window.endMs).toISOString(),
  };
}
