/** Records in a Redis that all gateways share. Leases go by its clock. */
import { GatewayError, type PluginState, type RecordChange, type RecordResult } from 'portico';
import { type ConnectionSurroundings, RedisConnection } from '../shared/redis/connection.ts';
import type { RecordStore } from 'portico';
import type { RedisSettings } from './options.ts';

/**
 * KEYS: one key. ARGV: the version to replace, or nothing for none; the new version, or nothing to remove; lease and keep in ms;
 * text. A record is its version, the end of its lease and its text, between spaces; anything else is a record with an
 * empty version.
 */
const SWAP = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stored = redis.pcall('GET', KEYS[1])
local version, lease, text = '', 0, ''
if type(stored) == 'string' then
  local v, l, t = string.match(stored, '^(%S+) (%d+) (.*)$')
  if v then version, lease, text = v, tonumber(l), t else version = '?' end
elseif stored then
  version = '?'
end
if version ~= ARGV[1] then
  if version == '' then return { 'absent' } end
  return { 'found', version, string.format('%.0f', math.max(0, lease - now)), text }
end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
else
  local record = ARGV[2] .. ' ' .. string.format('%.0f', now + tonumber(ARGV[3])) .. ' ' .. ARGV[5]
  redis.call('SET', KEYS[1], record, 'PX', ARGV[4])
end
return { 'done' }`;

export class RedisRecords implements RecordStore {
  readonly #prefix: string;
  readonly #connection: RedisConnection;

  constructor(
    { redis: url, prefix, timeout: timeoutMs }: RedisSettings,
    around: ConnectionSurroundings,
  ) {
    this.#prefix = prefix;
    const name = 'the store of idempotency keys';
    const scripts = { porticoRecordSwap: SWAP };
    this.#connection = new RedisConnection({ name, url, timeoutMs, scripts }, around);
  }

  connect(): Promise<void> {
    return this.#connection.connect();
  }

  async swap({ key, expected, next }: RecordChange): Promise<RecordResult> {
    const args = [
      expected ?? '',
      next?.version ?? '',
      Math.round(next?.leaseMs ?? 0),
      Math.round(next?.keepMs ?? 0),
      next?.text ?? '',
    ];
    const answer = await this.#connection.run('porticoRecordSwap', [this.#prefix + key], args);
    if (answer === undefined) {
      throw new GatewayError('GW_DEPENDENCY_DOWN', 'the store of keys does not answer');
    }
    const [as, version = '', leaseMs, text = ''] = answer as readonly string[];
    if (as === 'found') return { version, text, leaseMs: Number(leaseMs) };
    return as === 'absent' ? 'absent' : 'done';
  }

  state(): PluginState {
    return this.#connection.state();
  }

  close(): void {
    this.#connection.close();
  }
}
