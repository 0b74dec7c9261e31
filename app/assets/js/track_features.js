// The API's GeoJSON of missions: tracks, last positions and the recent part of tracks, without a map.
import { unrollTrack } from "./longitudes.js";

export const RECENT_MS = 24 * 3600 * 1000;

export const missionKey = ({ platform, mission }) => `${platform}/${mission}`;

/** A mission's name for people: the operator's number, if there is one, and its stamp: `M17 20221208T1145`. */
export const missionName = ({ operator_number: number, mission }) => (number ? `${number} ${mission}` : mission);

/** True for a position that was sent without data: its course is unknown. */
export const isReportedPosition = ({ kind }) => kind === "reported_position";

/** The features of each mission by its key, in the order of the API. */
export function byMission(features) {
  const groups = new Map();
  for (const feature of features) {
    const key = missionKey(feature.properties);
    groups.set(key, [...(groups.get(key) ?? []), feature]);
  }
  return groups;
}

/** All [lon, lat] of a geometry, which is null if a mission has no valid position. */
export function positions(geometry) {
  if (!geometry) return [];
  if (geometry.type === "Point") return [geometry.coordinates];
  return geometry.type === "MultiLineString" ? geometry.coordinates.flat() : geometry.coordinates;
}

/** A function that moves the longitudes of these features, so that a mission across 180 degrees stays in one piece. */
export const unrollFeatures = (features) =>
  unrollTrack(features.flatMap(({ geometry }) => positions(geometry).map(([lon]) => lon)));

/** The feature of the marker: the reported position of the platform if there is one, else the last one of its data. */
export function lastOf(features) {
  const isLast = ({ properties }) => properties.kind === "last_position";
  return features.findLast(({ properties }) => isReportedPosition(properties)) ?? features.findLast(isLast);
}

const mercatorY = (lat) => Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360));

/** Course of the last step of lines [[lat, lon], …] on the Mercator map, degrees from north; 0 if unknown. */
export function heading(lines) {
  const [from, to] = lines.at(-1)?.slice(-2) ?? [];
  if (!to) return 0;
  const east = ((to[1] - from[1]) * Math.PI) / 180;
  const north = mercatorY(to[0]) - mercatorY(from[0]);
  return (Math.atan2(east, north) * 180) / Math.PI;
}

/** `1 position`, `2 positions`. */
export const counted = (count, noun) => `${count} ${count === 1 ? noun : `${noun}s`}`;

/** The sentence below a map about missions and positions that it does not show; empty if it shows all. */
export function omissions(hidden, { features, next }) {
  const sentences = [];
  if (next) sentences.push(`Showing the newest ${byMission(features).size} missions.`);
  if (hidden) sentences.push(`${counted(hidden, "position")} hidden: no valid fix.`);
  return sentences.join(" ");
}
