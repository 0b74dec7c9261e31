// The state of the portal from which a response was rendered: the number of a change, from the header Server-Timing.

const PAUSES_MS = [100, 250, 500, 1000, 2000];

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The number of a position such as `42.0123abcd`; 0 for none. */
export const numberOf = (position) => Number.parseInt(position ?? "", 10) || 0;

/** The position in the text of the header; null without one. */
export function positionIn(header) {
  return /(?:^|[\s,])change;desc="(\d+\.[0-9a-f]*)"/.exec(header ?? "")?.[1] ?? null;
}

/** The position of the page itself; null if the browser or the response does not tell it. */
export function positionOfPage() {
  const [navigation] = performance.getEntriesByType("navigation");
  return navigation?.serverTiming?.find(({ name }) => name === "change")?.description ?? null;
}

/**
 * The response of an address that includes the change of this number. For a moment after a change, a cache may return
 * the response from before it: it is requested again, a few times. Throws when a response is not a success.
 */
export async function current(url, number, accept) {
  for (const wait of [...PAUSES_MS, null]) {
    // "no-cache" asks the server each time; most answers are 304.
    const response = await fetch(url, { headers: { Accept: accept }, cache: "no-cache" });
    if (!response.ok) throw Object.assign(new Error(`${url}: status ${response.status}`), { status: response.status });
    const position = positionIn(response.headers.get("Server-Timing"));
    if (!position || numberOf(position) >= number || wait === null) return response;
    await pause(wait * (0.5 + Math.random()));
  }
  return null;
}
