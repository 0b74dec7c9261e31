-- wrk: two cached pages in turns.
local paths = { "/", "/missions" }
local count = 0

function request()
  count = count + 1
  return wrk.format("GET", paths[count % #paths + 1])
end
