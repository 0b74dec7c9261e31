// Requests to the API.

async function request(url, accept, signal) {
  const response = await fetch(url, { headers: { Accept: accept }, signal });
  if (!response.ok) throw new Error(`${url}: status ${response.status}`);
  return response.json();
}

/** The body as JSON. Throws when the response is not a success; the message names the status. */
export const json = (url) => request(url, "application/json");

/** The body as GeoJSON. Throws when the response is not a success, or when `signal` aborts the request. */
export const geojson = (url, signal) => request(url, "application/geo+json", signal);
