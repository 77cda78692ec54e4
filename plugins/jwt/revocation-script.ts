/**
 * The list of revocations inside Redis, which many gateways write and follow.
 *
 * `entries` is a hash of `<before> <until>` by key. `log` orders the keys by a number that only grows, at
 * their last change: whoever remembers the last number it saw misses nothing. `ends` orders them by
 * `until`: what is over is swept by whoever comes by, and all four keys expire with the last entry.
 * `meta` holds that number, and an `epoch` which tells a list that was lost from one that only grew.
 */

/** `until` of what never ends: Lua has no portable text for infinity. */
export const FOREVER = 1e15;

/** What {@link RECORD} and {@link FOLLOW} go by, in this order. */
export const keysAt = (prefix: string): string[] =>
  ['meta', 'entries', 'log', 'ends'].map((name) => `${prefix}revocations:${name}`);

const SWEEP = `
local meta, entries, log, ends = unpack(KEYS)
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local over = redis.call('ZRANGEBYSCORE', ends, '-inf', nowMs / 1000, 'LIMIT', 0, 1000)
if #over > 0 then
  redis.call('HDEL', entries, unpack(over))
  redis.call('ZREM', log, unpack(over))
  redis.call('ZREM', ends, unpack(over))
end`;

/**
 * ARGV: an epoch for a list that has none, the most entries there may be, then for each: key, before,
 * until. An entry only grows. Answers with the epoch and how many found no room.
 */
export const RECORD = `${SWEEP}
redis.call('HSETNX', meta, 'epoch', ARGV[1])
local number = tonumber(redis.call('HGET', meta, 'number') or 0)
local count, refused = redis.call('HLEN', entries), 0
for i = 3, #ARGV, 3 do
  local key, before, ending = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local known = redis.call('HGET', entries, key)
  if known then
    local earlier, sooner = string.match(known, '^(%S+) (%S+)$')
    if tonumber(earlier) > tonumber(before) then before = earlier end
    if tonumber(sooner) > tonumber(ending) then ending = sooner end
  end
  local value = before .. ' ' .. ending
  if tonumber(ending) * 1000 > nowMs and value ~= known then
    if not known and count >= tonumber(ARGV[2]) then
      refused = refused + 1
    else
      if not known then count = count + 1 end
      number = math.max(number + 1, nowMs)
      redis.call('HSET', entries, key, value)
      redis.call('ZADD', log, string.format('%.0f', number), key)
      redis.call('ZADD', ends, ending, key)
    end
  end
end
redis.call('HSET', meta, 'number', string.format('%.0f', number))
local last = redis.call('ZREVRANGE', ends, 0, 0, 'WITHSCORES')[2]
for _, key in ipairs(KEYS) do
  if last and tonumber(last) >= ${FOREVER} then
    redis.call('PERSIST', key)
  else
    redis.call('EXPIREAT', key, string.format('%.0f', math.ceil(tonumber(last or 0)) + 1))
  end
end
return { redis.call('HGET', meta, 'epoch') or '', refused }`;

/**
 * ARGV: the epoch and the number that the gateway knows, and the most entries it takes. Answers with the
 * epoch, the list's number, the number of the last entry that follows; then for each: key, `<before>
 * <until>`. All from the start, where the epoch is another or the list has gone back.
 */
export const FOLLOW = `${SWEEP}
local epoch = redis.call('HGET', meta, 'epoch') or ''
local number = redis.call('HGET', meta, 'number') or '0'
local since = ARGV[2]
if epoch ~= ARGV[1] or tonumber(number) < tonumber(since) then since = '0' end
local changed = redis.call(
  'ZRANGEBYSCORE', log, '(' .. since, '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local answer = { epoch, number, changed[#changed] or since }
for i = 1, #changed, 2 do
  answer[#answer + 1] = changed[i]
  answer[#answer + 1] = redis.call('HGET', entries, changed[i])
end
return answer`;
