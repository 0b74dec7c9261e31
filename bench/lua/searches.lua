-- wrk: searches by three words at random, so that hardly any repeats: a platform, a month, the beginning of a variable.
local words = { "g", "gl", "gli", "s", "sa", "sal", "t", "te", "tem", "d", "de", "ox" }

function init(_)
  -- os.clock differs between two runs of one second.
  math.randomseed(os.time() * 1000 + math.floor(os.clock() * 1000000) % 1000)
end

function request()
  local platform, year, month = math.random(30), math.random(2005, 2026), math.random(12)
  local query = string.format("seed%04d+%d%02d+%s", platform, year, month, words[math.random(#words)])
  return wrk.format("GET", "/search?q=" .. query)
end
