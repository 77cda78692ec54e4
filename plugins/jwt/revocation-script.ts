/**
 * The list of revocations inside Redis, which many gateways write and follow.
 *
 * `entries` is a hash of `<before> <until>` by key. `log` orders the keys by a number that only grows, as of
 * their last change: a gateway that remembers the last number it saw misses nothing. `ends` orders them by
 * `until`: any gateway sweeps what is over, and all four keys expire with the last entry.
 * `meta` holds that number, and an `epoch` that distinguishes a lost list from one that only grew.
 */

/** `until` of what never ends: Lua has no portable text for infinity. */
export const FOREVER = 1e15;

/** What {@link RECORD} and {@link FOLLOW} go by, in this order. */
export const keysAt = (prefix: string): string[] =>
  ['meta', 'entries', 'log', 'ends'].map((name) => `${prefix}revocations:${name}`);

/** Numbers of a list are times in ms, or little more. */
const MAX_NUMBER = 1e16;

/**
 * What every script begins with. What is none of ours is removed and counted: an entry alone, or, where a
 * whole key is of another type, that key, and what it told is made anew of the entries. The list then has no
 * epoch, so that all who follow it tell it what they know.
 */
const SWEEP = `
local meta, entries, log, ends = unpack(KEYS)
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local damaged = 0
local function timesOf(value)
  local before, ending = string.match(value or '', '^([%d.e+-]+) ([%d.e+-]+)$')
  local first, last = tonumber(before), tonumber(ending)
  if not first or not last or first < 0 or last < 0 then return nil end
  if first > ${FOREVER} or last > ${FOREVER} then return nil end
  return before, ending
end
local function forget(key)
  redis.call('HDEL', entries, key)
  redis.call('ZREM', log, key)
  redis.call('ZREM', ends, key)
  redis.call('HDEL', meta, 'epoch')
  damaged = damaged + 1
end
for i, kind in ipairs({ 'hash', 'hash', 'zset', 'zset' }) do
  local found = redis.call('TYPE', KEYS[i]).ok
  if found ~= 'none' and found ~= kind then
    redis.call('DEL', KEYS[i])
    damaged = damaged + 1
  end
end
local function listNumber()
  local number = tonumber(redis.call('HGET', meta, 'number') or 0)
  if number and number >= 0 and number < ${MAX_NUMBER} then return number end
  damaged = damaged + 1
  number = tonumber(redis.call('ZREVRANGEBYSCORE', log, '(${MAX_NUMBER}', 0, 'WITHSCORES', 'LIMIT', 0, 1)[2] or 0)
  redis.call('HSET', meta, 'number', string.format('%.0f', number))
  return number
end
if damaged > 0 then
  redis.call('DEL', meta, log, ends)
  local known, number = redis.call('HGETALL', entries), nowMs
  for i = 1, #known, 2 do
    local before, ending = timesOf(known[i + 1])
    if before then
      number = number + 1
      redis.call('ZADD', log, string.format('%.0f', number), known[i])
      redis.call('ZADD', ends, ending, known[i])
    else
      forget(known[i])
    end
  end
  redis.call('HSET', meta, 'number', string.format('%.0f', number))
end
local over = redis.call('ZRANGEBYSCORE', ends, '-inf', nowMs / 1000, 'LIMIT', 0, 1000)
if #over > 0 then
  redis.call('HDEL', entries, unpack(over))
  redis.call('ZREM', log, unpack(over))
  redis.call('ZREM', ends, unpack(over))
end`;

/**
 * ARGV: an epoch for a list that has none, the most entries there may be, then for each: key, before,
 * until. An entry only grows. Answers with the epoch, how many found no room, and how many were none of ours.
 */
export const RECORD = `${SWEEP}
redis.call('HSETNX', meta, 'epoch', ARGV[1])
local number = listNumber()
local count, refused = redis.call('HLEN', entries), 0
for i = 3, #ARGV, 3 do
  local key, before, ending = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local known = redis.call('HGET', entries, key)
  local earlier, sooner = timesOf(known)
  if known and not earlier then
    forget(key)
    count = count - 1
    known = false
  end
  if known then
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
return { redis.call('HGET', meta, 'epoch') or '', refused, damaged }`;

/**
 * ARGV: the epoch and the number that the gateway knows, and the most entries it takes. Answers with the
 * epoch, the list's number, the number of the last entry that follows, how many were none of ours; then for
 * each: key, `<before> <until>`. All from the start, where the epoch is another or the list has gone back.
 */
export const FOLLOW = `${SWEEP}
local epoch = redis.call('HGET', meta, 'epoch') or ''
local number = listNumber()
local since = ARGV[2]
if epoch ~= ARGV[1] or number < tonumber(since) then since = '0' end
local changed = redis.call(
  'ZRANGEBYSCORE', log, '(' .. since, '(${MAX_NUMBER}', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local answer = { epoch, string.format('%.0f', number), changed[#changed] or since, 0 }
for i = 1, #changed, 2 do
  local value = redis.call('HGET', entries, changed[i])
  if value and not timesOf(value) then
    value = false
    forget(changed[i])
  end
  answer[#answer + 1] = changed[i]
  answer[#answer + 1] = value
end
answer[4] = damaged
return answer`;
