/**
 * Quotas inside Redis: all of a request in one script, so that they are decided at once for all gateways.
 *
 * A key holds a count, and is named after its window. The clock of Redis decides whether that window is the right one, so
 * gateways whose clocks differ still agree; one that is wrong is told the time, and asks again.
 */

/** Kept beyond the end of a window, for what is given back late. */
const SLACK_MS = 60_000;

/** Removes what is none of ours, and says what a key has counted. */
const USED = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local damaged = 0
local function usedAt(key)
  local known = redis.pcall('GET', key)
  if not known then return 0 end
  if type(known) == 'string' and string.match(known, '^%d+$') and #known < 16 then return tonumber(known) end
  redis.call('DEL', key)
  damaged = damaged + 1
  return 0
end`;

/**
 * KEYS: what is counted. ARGV, for each: limit, start and end of its window in ms. Answers with the time in ms, then -1 where
 * a window is not that of now, 0 where a quota is used up, 1 where all have counted; how many keys held what was none of
 * ours; then what each has counted.
 */
export const TAKE = `${USED}
for i = 1, #KEYS do
  if now < tonumber(ARGV[i * 3 - 1]) or now >= tonumber(ARGV[i * 3]) then return { now, -1, 0 } end
end
local used, admitted = {}, 1
for i, key in ipairs(KEYS) do
  used[i] = usedAt(key)
  if used[i] >= tonumber(ARGV[i * 3 - 2]) then admitted = 0 end
end
if admitted == 1 then
  for i, key in ipairs(KEYS) do
    used[i] = redis.call('INCR', key)
    redis.call('PEXPIREAT', key, string.format('%.0f', tonumber(ARGV[i * 3]) + ${SLACK_MS}))
  end
end
return { now, admitted, damaged, unpack(used) }`;

/** KEYS: what to give back, if it is still there. */
export const GIVE_BACK = `${USED}
for _, key in ipairs(KEYS) do
  if usedAt(key) > 0 then redis.call('DECR', key) end
end
return damaged`;

/** KEYS: one key. ARGV: 1 to forget it. Answers with what it has counted, and whether it held what was none of ours. */
export const USAGE = `${USED}
local used = usedAt(KEYS[1])
if ARGV[1] == '1' then redis.call('DEL', KEYS[1]) end
return { now, used, damaged }`;
