-- Gives a call its moment in a token's schedule. The schedules hold the moment that comes next, in microseconds of this server's clock.
-- KEYS: schedule, schedule of OTPs, block. ARGV: step (us), patience (us), burst of OTPs (0: not an OTP), life of the schedules (ms).
-- Answers {1, wait} with the moment taken, or {0, wait} with none taken since the wait is longer than the patience.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local step, patience, burst, life = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local blocked = now + math.max(redis.call('PTTL', KEYS[3]), 0) * 1000

local function next_moment(key)
	local stored = tonumber(redis.call('GET', key) or 0)
	if stored - now > life * 1000 then -- the clock was set back
		stored = 0
	end
	return math.max(stored, now)
end

local moment = math.max(next_moment(KEYS[1]), blocked)
local wait = moment - now
local lane
if burst > 0 then
	lane = next_moment(KEYS[2])
	wait = math.min(wait, math.max(lane - (burst - 1) * step * 12, blocked) - now)
end
if wait > patience then
	return {0, wait}
end
redis.call('SET', KEYS[1], string.format('%.0f', moment + step), 'PX', life)
if burst > 0 then
	redis.call('SET', KEYS[2], string.format('%.0f', lane + step * 12), 'PX', life)
end
return {1, wait}
