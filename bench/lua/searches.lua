-- wrk: searches by three words at random, most of them with results. There are 19,000, so that few repeat in a run.
local platforms = { "s", "se", "see", "seed", "seed0", "seed00" }
local words = { "g", "gl", "gli", "glid", "sal", "sali", "tem", "temp", "den", "dens", "oxy", "oxyg" }

function init(_)
  -- os.clock differs between two runs of one second.
  math.randomseed(os.time() * 1000 + math.floor(os.clock() * 1000000) % 1000)
end

function request()
  local platform, word = platforms[math.random(#platforms)], words[math.random(#words)]
  local query = string.format("%s+%d%02d+%s", platform, math.random(2005, 2026), math.random(12), word)
  return wrk.format("GET", "/search?q=" .. query)
end
