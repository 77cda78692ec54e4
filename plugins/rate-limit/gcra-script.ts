/**
 * The same algorithm as gcra.ts, inside Redis: all limits of a request in one script, so that they are
 * decided at once, by one clock, for all gateways.
 *
 * A key holds `<time> <debt>`: how many ms its theoretical arrival lies ahead of that time, which
 * keeps its precision where a time of day would not. It expires when the burst is whole again. A value
 * of any other form is not a count: it is removed, and the key starts over, without counting as an error of Redis.
 */
import { SLACK_MS } from './gcra.ts';

/** Microseconds by the clock of Redis. */
export const REDIS_TIME = `(function() local t = redis.call('TIME') return t[1] * 1000000 + t[2] end)()`;

/** Of any window. */
const LONGEST_MS = 1e12;

/** No debt is longer than its window, and no time further ahead than that. */
const DEBT = `
local damaged = 0
local function readDebt(known, most)
  if type(known) ~= 'string' then return nil end
  local time, owed = string.match(known, '^(%d+) ([%d.e+-]+)$')
  local stamp, debt = tonumber(time), tonumber(owed)
  if not stamp or not debt then return nil end
  if not (debt >= 0 and debt <= most and stamp - now <= most * 1000) then return nil end
  return math.max(0, debt - math.max(0, now - stamp) / 1000)
end
local function debtOf(key, most)
  local known = redis.pcall('GET', key)
  if not known then return 0 end
  local debt = readDebt(known, most)
  if debt then return debt end
  redis.call('DEL', key)
  damaged = damaged + 1
  return 0
end
local function keep(key, debt)
  redis.call('SET', key, string.format('%.0f %.17g', now, debt), 'PX', math.ceil(debt) + 1)
end`;

/**
 * KEYS: what is counted. ARGV, for each: max, window in ms, cost, 1 where it is binding. Answers with
 * the time in µs, then for each key: 1 where it allows, how many remain, µs until reset; at the end, how
 * many keys held what was none of ours.
 */
export const takeScript = (time: string): string => `
local now = ${time}
${DEBT}
local function judge(debt, max, window, cost)
  local step = window / max
  local after = debt + step * cost
  local left = math.floor((window - after) / step + ${SLACK_MS})
  if after - window > ${SLACK_MS} then
    return 0, math.max(0, math.min(cost - 1, left + cost)), after - window, after
  end
  return 1, left, after, after
end
local asks, refused = {}, false
for i, key in ipairs(KEYS) do
  local at = (i - 1) * 4
  local ask = { max = tonumber(ARGV[at + 1]), window = tonumber(ARGV[at + 2]), cost = tonumber(ARGV[at + 3]) }
  ask.debt = debtOf(key, ask.window + 1)
  ask.allowed, ask.left, ask.reset, ask.after = judge(ask.debt, ask.max, ask.window, ask.cost)
  if ask.allowed == 0 and ARGV[at + 4] == '1' then refused = true end
  asks[i] = ask
end
local told = { now }
for i, key in ipairs(KEYS) do
  local ask = asks[i]
  if ask.allowed == 1 then
    if refused then
      ask.allowed, ask.left, ask.reset = judge(ask.debt, ask.max, ask.window, 0)
    elseif ask.after > 0 then
      keep(key, ask.after)
    end
  end
  table.insert(told, ask.allowed)
  table.insert(told, ask.left)
  table.insert(told, math.ceil(ask.reset * 1000))
end
table.insert(told, damaged)
return told`;

/** KEYS: what to give back. ARGV, for each: ms counted, when in µs, ms until reset as it was told. */
export const giveBackScript = (time: string): string => `
local now = ${time}
${DEBT}
for i, key in ipairs(KEYS) do
  local at = (i - 1) * 3
  local counted, since, reset = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local back = math.max(0, counted - math.max(0, (now - since) / 1000 - (reset - counted)))
  local debt = debtOf(key, ${LONGEST_MS}) - back
  if debt > 0 then keep(key, debt) else redis.call('DEL', key) end
end
return 1`;
