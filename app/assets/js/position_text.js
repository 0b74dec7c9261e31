// A position [lon, lat] as text: degrees and decimal minutes for people at sea, decimal degrees for programs.

function minutes(value, [positive, negative]) {
  // Rounded before the division, so that no text has 60.000 minutes.
  const thousandths = Math.round(Math.abs(value) * 60_000);
  const rest = ((thousandths % 60_000) / 1000).toFixed(3).padStart(6, "0");
  return `${Math.floor(thousandths / 60_000)}°\u202f${rest}′\u202f${value < 0 ? negative : positive}`;
}

/** `55° 24.123′ N, 16° 12.456′ E`. */
export const inMinutes = ([lon, lat]) => `${minutes(lat, "NS")}, ${minutes(lon, "EW")}`;

/** `55.40205, 16.20760`, latitude first. */
export const inDecimals = ([lon, lat]) => `${lat.toFixed(5)}, ${lon.toFixed(5)}`;
