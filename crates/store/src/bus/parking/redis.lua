-- Every operation of the parking in Redis: ARGV[1] names it, KEYS[1] is the prefix of all keys, and each runs alone.
-- Times are microseconds in scores (a double holds them exactly) and texts of nanoseconds in events; numbers of either
-- size are passed on as the texts they came as, for Lua would round them.
--
--   s:K       a session: agent, session, events, bytes; project, home, person, until where it is claimed
--   i:K       its events in order of arrival        t:K   the same by the time they were received
--   n:K       number of an event by its id          d:K   the events themselves
--   as:A      events of an address by session       ab    bytes by address
--   total     events, bytes, and the last number    claims  claimed sessions by the end of their claim
--   wait      sessions with events, by the oldest   due   those among them that nobody claimed
--   w:H       sessions claimed for a server that have events
--   x:H xo:H  events that waited too long, taken out by a server, and their order
local P, operation = KEYS[1], ARGV[1]
local call = redis.call

local function number(text) return tonumber(text or 0) or 0 end

-- Negated by subtraction: Lua writes minus zero as -0, which is no integer to Redis.
local function text(value) return string.format('%.0f', value) end

local function key_of(agent, session) return #agent .. ':' .. agent .. ':' .. session end

-- Puts a session where it belongs now: among those that wait, are due, are to be released, or nowhere.
local function settle(k)
  local facts = call('HMGET', P .. 's:' .. k, 'events', 'home', 'until')
  local home = facts[2]
  if number(facts[1]) == 0 then
    call('ZREM', P .. 'wait', k)
    call('ZREM', P .. 'due', k)
    if home then call('SREM', P .. 'w:' .. home, k) end
    if not facts[3] then call('DEL', P .. 's:' .. k) end
    return
  end
  local first = call('ZRANGE', P .. 't:' .. k, 0, 0, 'WITHSCORES')[2]
  call('ZADD', P .. 'wait', first, k)
  if home then
    call('ZREM', P .. 'due', k)
    call('SADD', P .. 'w:' .. home, k)
  else
    call('ZADD', P .. 'due', first, k)
  end
end

local function end_claim(k)
  local home = call('HGET', P .. 's:' .. k, 'home')
  call('HDEL', P .. 's:' .. k, 'project', 'home', 'person', 'until')
  call('ZREM', P .. 'claims', k)
  if home then call('SREM', P .. 'w:' .. home, k) end
  settle(k)
end

local function end_claims(now, limit)
  for _, k in ipairs(call('ZRANGEBYSCORE', P .. 'claims', '-inf', now, 'LIMIT', 0, limit)) do end_claim(k) end
end

-- The claim of a session as {project, home, person or '', until}; nil where there is none.
local function claim_of(k, now)
  local facts = call('HMGET', P .. 's:' .. k, 'project', 'home', 'person', 'until')
  if not facts[4] then return nil end
  if tonumber(facts[4]) <= tonumber(now) then
    end_claim(k)
    return nil
  end
  return { facts[1], facts[2], facts[3] or '', facts[4] }
end

local function renew(k, until_)
  call('HSET', P .. 's:' .. k, 'until', until_)
  call('ZADD', P .. 'claims', until_, k)
end

-- An event as it is told: {number, id, at, address, record}.
local function told(k, seq)
  local item = cmsgpack.unpack(call('HGET', P .. 'd:' .. k, seq))
  return { seq, item[1], item[2], item[3], item[4] }
end

local function add_to_total(events, bytes)
  call('HINCRBY', P .. 'total', 'events', events)
  call('HINCRBY', P .. 'total', 'bytes', bytes)
end

-- Removes an event from its session and its address; gives it, or nil where it is gone.
local function remove(k, seq)
  if not call('ZSCORE', P .. 'i:' .. k, seq) then return nil end
  local item = told(k, seq)
  local address, bytes = item[4], #item[5]
  call('HDEL', P .. 'd:' .. k, seq)
  call('HDEL', P .. 'n:' .. k, item[2])
  call('ZREM', P .. 'i:' .. k, seq)
  call('ZREM', P .. 't:' .. k, seq)
  call('HINCRBY', P .. 's:' .. k, 'events', -1)
  call('HINCRBY', P .. 's:' .. k, 'bytes', 0 - bytes)
  call('HINCRBY', P .. 'ab', address, 0 - bytes)
  if call('HINCRBY', P .. 'as:' .. address, k, -1) == 0 then
    call('HDEL', P .. 'as:' .. address, k)
    if call('EXISTS', P .. 'as:' .. address) == 0 then call('HDEL', P .. 'ab', address) end
  end
  return item
end

-- The first bound that one more event would pass; the bounds are those of ARGV from `at` on.
local function passed(k, address, bytes, at)
  local of_session = call('HMGET', P .. 's:' .. k, 'events', 'bytes')
  local all = call('HMGET', P .. 'total', 'events', 'bytes')
  if number(of_session[1]) + 1 > tonumber(ARGV[at]) then return 'session_events' end
  if number(of_session[2]) + bytes > tonumber(ARGV[at + 1]) then return 'session_bytes' end
  local known = call('HEXISTS', P .. 'as:' .. address, k) == 1
  if not known and call('HLEN', P .. 'as:' .. address) + 1 > tonumber(ARGV[at + 2]) then return 'address_sessions' end
  if number(call('HGET', P .. 'ab', address)) + bytes > tonumber(ARGV[at + 3]) then return 'address_bytes' end
  if number(all[1]) + 1 > tonumber(ARGV[at + 4]) then return 'events' end
  if number(all[2]) + bytes > tonumber(ARGV[at + 5]) then return 'bytes' end
  return nil
end

local operations = {}

-- home, now, until, six bounds, then for each event: agent, session, id, at in ns, at in µs, address, record
function operations.park()
  local home, now, until_ = ARGV[2], ARGV[3], ARGV[4]
  local answers = {}
  for at = 11, #ARGV, 7 do
    local agent, session, id, address, record = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 5], ARGV[at + 6]
    local k = key_of(agent, session)
    local claim = claim_of(k, now)
    if claim then
      renew(k, until_)
      claim[4] = until_
    end
    local answer
    if claim and claim[2] == home and number(call('HGET', P .. 's:' .. k, 'events')) == 0 then
      answer = { 'claimed', claim[1], claim[2], claim[3], claim[4] }
    elseif call('HEXISTS', P .. 'n:' .. k, id) == 1 then
      answer = { 'duplicate' }
    else
      local bound = passed(k, address, #record, 5)
      if bound then
        answer = { 'full', bound }
      else
        local seq = text(call('HINCRBY', P .. 'total', 'last', 1))
        call('HSET', P .. 'd:' .. k, seq, cmsgpack.pack({ id, ARGV[at + 3], address, record }))
        call('HSET', P .. 'n:' .. k, id, seq)
        call('ZADD', P .. 'i:' .. k, seq, seq)
        call('ZADD', P .. 't:' .. k, ARGV[at + 4], seq)
        call('HSET', P .. 's:' .. k, 'agent', agent, 'session', session)
        call('HINCRBY', P .. 's:' .. k, 'events', 1)
        call('HINCRBY', P .. 's:' .. k, 'bytes', #record)
        call('HINCRBY', P .. 'as:' .. address, k, 1)
        call('HINCRBY', P .. 'ab', address, #record)
        add_to_total(1, #record)
        settle(k)
        answer = { 'parked' }
      end
    end
    answers[#answers + 1] = answer
  end
  return answers
end

-- agent, session, project, home, person or '', now, until, the bound of claims
function operations.claim()
  local agent, session, project, home, person, now, until_ = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
  local k = key_of(agent, session)
  local claim = claim_of(k, now)
  if claim then
    if claim[1] ~= project then return { 'foreign' } end
    home = claim[2]
    if claim[3] ~= '' then person = claim[3] end
  else
    end_claims(now, 1)
    if call('ZCARD', P .. 'claims') >= tonumber(ARGV[9]) then return { 'full' } end
  end
  call('HSET', P .. 's:' .. k, 'agent', agent, 'session', session, 'project', project, 'home', home)
  if person ~= '' then call('HSET', P .. 's:' .. k, 'person', person) end
  renew(k, until_)
  settle(k)
  return { 'ours', project, home, person, until_, text(number(call('HGET', P .. 's:' .. k, 'events'))) }
end

-- agent, session, now
function operations.claimed()
  return claim_of(key_of(ARGV[2], ARGV[3]), ARGV[4]) or {}
end

-- agent, session, home, limit, now: the claim, then events
function operations.release()
  local k = key_of(ARGV[2], ARGV[3])
  local claim = claim_of(k, ARGV[6])
  if not claim or claim[2] ~= ARGV[4] then return {} end
  local answer = { claim }
  for _, seq in ipairs(call('ZRANGE', P .. 'i:' .. k, 0, tonumber(ARGV[5]) - 1)) do answer[#answer + 1] = told(k, seq) end
  return answer
end

-- agent, session, then numbers
function operations.released()
  local k = key_of(ARGV[2], ARGV[3])
  for at = 4, #ARGV do
    local item = remove(k, ARGV[at])
    if item then add_to_total(-1, 0 - #item[5]) end
  end
  settle(k)
  return call('EXISTS', P .. 'i:' .. k)
end

-- home, limit, now
function operations.waiting()
  local sessions = {}
  for _, k in ipairs(call('SRANDMEMBER', P .. 'w:' .. ARGV[2], ARGV[3])) do
    if claim_of(k, ARGV[4]) then sessions[#sessions + 1] = call('HMGET', P .. 's:' .. k, 'agent', 'session') end
  end
  return sessions
end

-- home, limit, now, the time before which an event is due
function operations.expire()
  local home, limit, left = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[3])
  end_claims(ARGV[4], limit)
  for _, k in ipairs(call('ZRANGEBYSCORE', P .. 'due', '-inf', ARGV[5], 'LIMIT', 0, limit)) do
    if left <= 0 then break end
    local names = call('HMGET', P .. 's:' .. k, 'agent', 'session')
    for _, seq in ipairs(call('ZRANGEBYSCORE', P .. 't:' .. k, '-inf', ARGV[5], 'LIMIT', 0, left)) do
      local item = remove(k, seq)
      call('HSET', P .. 'x:' .. home, seq, cmsgpack.pack({ names[1], names[2], seq, item[2], item[3], item[4], item[5] }))
      call('ZADD', P .. 'xo:' .. home, seq, seq)
      left = left - 1
    end
    settle(k)
  end
  local answer = {}
  for _, seq in ipairs(call('ZRANGE', P .. 'xo:' .. home, 0, limit - 1)) do
    answer[#answer + 1] = cmsgpack.unpack(call('HGET', P .. 'x:' .. home, seq))
  end
  return answer
end

-- home, then numbers
function operations.expired()
  for at = 3, #ARGV do
    local packed = call('HGET', P .. 'x:' .. ARGV[2], ARGV[at])
    if packed then
      call('HDEL', P .. 'x:' .. ARGV[2], ARGV[at])
      call('ZREM', P .. 'xo:' .. ARGV[2], ARGV[at])
      add_to_total(-1, 0 - #cmsgpack.unpack(packed)[7])
    end
  end
  return 0
end

-- offset, limit: agent, session, events, bytes, first and last in µs, address
function operations.sessions()
  local answer = {}
  local from = tonumber(ARGV[2])
  for _, k in ipairs(call('ZRANGE', P .. 'wait', from, from + tonumber(ARGV[3]) - 1)) do
    local facts = call('HMGET', P .. 's:' .. k, 'agent', 'session', 'events', 'bytes')
    facts[5] = call('ZRANGE', P .. 't:' .. k, 0, 0, 'WITHSCORES')[2]
    facts[6] = call('ZRANGE', P .. 't:' .. k, -1, -1, 'WITHSCORES')[2]
    facts[7] = told(k, call('ZRANGE', P .. 'i:' .. k, 0, 0)[1])[4]
    answer[#answer + 1] = facts
  end
  return answer
end

-- agent, session, after, limit
function operations.events()
  local k = key_of(ARGV[2], ARGV[3])
  local answer = {}
  for _, seq in ipairs(call('ZRANGEBYSCORE', P .. 'i:' .. k, '(' .. ARGV[4], '+inf', 'LIMIT', 0, ARGV[5])) do
    answer[#answer + 1] = told(k, seq)
  end
  return answer
end

function operations.totals()
  local sums = call('HMGET', P .. 'total', 'events', 'bytes')
  return { sums[1] or '0', sums[2] or '0', text(call('ZCARD', P .. 'claims')) }
end

return operations[operation]()
