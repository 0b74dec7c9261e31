// What is read from the API.

/** The answer as JSON; an error says which status there was. */
export async function json(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${url}: status ${answer.status}`);
  return answer.json();
}
