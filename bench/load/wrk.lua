-- The requests of bench/load/wrk.ts, and its report. WRK_ORDER has one value a line:
-- method, number of body bytes, number of header fields, the fields as name and value, then the tokens.
local requests, last = {}, 0

local function lines(text)
  return text:gmatch("[^\n]+")
end

function init()
  local next_line = lines(os.getenv("WRK_ORDER"))
  local method, body_bytes = next_line(), tonumber(next_line())
  local headers = { accept = "application/json" }
  for _ = 1, tonumber(next_line()) do
    local name = next_line()
    headers[name] = next_line()
  end
  local body = body_bytes > 0 and string.rep("x", body_bytes) or nil
  for token in next_line do
    headers.authorization = "Bearer " .. token
    requests[#requests + 1] = wrk.format(method, nil, headers, body)
  end
end

function request()
  last = last % #requests + 1
  return requests[last]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"non2xx":%d,"errors":%d,"meanMs":%f,"p50Ms":%f,"p99Ms":%f}\n',
    summary.requests, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency.mean / 1000, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
