-- wrk: each connection pauses between a response and its next request, ms. Two of them send some 500 requests a second.
function delay()
  return 3
end
