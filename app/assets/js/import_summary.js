// One line about all files of the list. Nothing here touches the page.

// The states that count as one, in the order of the line.
const GROUPS = [
  ["checked", ["checked"]],
  ["stored already", ["unchanged"]],
  ["imported", ["done"]],
  ["refused", ["refused", "rejected"]],
  ["failed", ["check-failed", "import-failed"]],
  ["waiting for approval", ["waiting"]],
  ["waiting for a key", ["no-key"]],
  ["in progress", ["queued", "sending", "checking", "importing"]],
];

/** `12 files: 3 checked, 2 imported, 7 in progress.` of the states of the rows. */
export function summaryOf(states) {
  const parts = GROUPS.map(([words, group]) => [states.filter((state) => group.includes(state)).length, words])
    .filter(([count]) => count)
    .map(([count, words]) => `${count} ${words}`);
  return `${states.length} files: ${parts.join(", ")}.`;
}
