// The report of an upload as the content of a list: one entry for each mission of the file. Nothing here touches the
// page.
import { number, outcomeText, utc, wayOut } from "./import_text.js";

const MODES = { R: "Real time", P: "Provisional", A: "Adjusted", D: "Delayed" };
// Longer lists of names are cut; the import log has them.
const MOST_NAMES = 60;

/** The entries of a resource, and which of them can be imported. */
export function reportOf(resource) {
  const entries = (resource.result ?? []).map((item) => entryOf(item, resource.dry_run));
  return {
    entries,
    isRefused: entries.length > 0 && entries.every(({ outcome }) => outcome === "refused"),
    isNew: entries.some(({ outcome }) => outcome === "stored" || outcome === "replaced"),
  };
}

function entryOf(item, isDryRun) {
  const mission = { ...(item.would ?? {}), ...present(item) };
  return {
    outcome: item.outcome,
    title: outcomeText(item.outcome, isDryRun),
    code: item.reason_code ?? "",
    reason: item.reason ?? "",
    hint: item.outcome === "refused" ? wayOut(item.reason_code) : "",
    platform: mission.platform ?? "",
    mission: mission.mission ?? "",
    facts: factsOf(mission),
    warnings: mission.warnings ?? [],
    notImported: leftOut(mission),
  };
}

const present = (item) => Object.fromEntries(Object.entries(item).filter(([, value]) => value !== null));

/** [name, text] of what is known about a mission. */
function factsOf(mission) {
  const span = [utc(mission.start_at), utc(mission.end_at)].filter(Boolean).join(" to ");
  const count = (value) => (Number.isFinite(value) ? number(value) : "");
  const names = (mission.variables ?? []).map((variable) => variable.name ?? variable);
  const facts = [
    ["Platform", mission.platform],
    ["Mission", mission.mission],
    ["Data mode", MODES[mission.data_mode] ?? mission.data_mode],
    ["Span", span],
    ["Profiles", count(mission.profiles)],
    ["Samples", count(mission.samples)],
    ["Variables", listed(names)],
  ];
  return facts.filter(([, text]) => text);
}

/** [{reason, names}] of the variables that are not imported. */
function leftOut({ not_imported: groups, unread_variables: unread }) {
  if (groups) return groups.map(({ reason, variables }) => ({ reason, names: listed(variables) }));
  const byReason = new Map();
  for (const { name, reason } of unread ?? []) byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  return [...byReason].map(([reason, names]) => ({ reason, names: listed(names) }));
}

function listed(names) {
  const more = names.length - MOST_NAMES;
  return names.slice(0, MOST_NAMES).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
