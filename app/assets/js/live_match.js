// Which nodes of two versions of a list are the same: the longest common subsequence of their signatures.

const KEYS = [
  "data-mission",
  "data-track",
  "data-platform",
  "data-update",
  "data-import",
  "data-incomplete",
  "data-parked",
  "id",
];

/** The key of a row, a card or a section: [attribute, value]; null without one. */
export function keyOf(element) {
  const name = KEYS.find((each) => element.hasAttribute?.(each));
  return name ? [name, element.getAttribute(name)] : null;
}

/** What makes a node the same in both versions: its key, or its name and class. */
export function signature(node) {
  if (!node.getAttribute) return node.nodeName;
  // A card has its key in the only element of its list item.
  const keyed = node.nodeName === "LI" && node.childElementCount === 1 ? node.firstElementChild : node;
  const key = keyOf(node) ?? keyOf(keyed);
  return key ? `${node.nodeName} ${key.join(" ")}` : `${node.nodeName}.${node.getAttribute("class") ?? ""}`;
}

/** For each item of `after`, the index of the same item in `before`; -1 for a new one. Both are lists of texts. */
export function sameItems(before, after) {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (
    end < Math.min(before.length, after.length) - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  )
    end += 1;
  const rows = before.slice(start, before.length - end);
  const columns = after.slice(start, after.length - end);
  // lengths[i][j]: of the longest common subsequence of rows from i on and columns from j on.
  const lengths = Array.from({ length: rows.length + 1 }, () => new Uint16Array(columns.length + 1));
  for (let i = rows.length - 1; i >= 0; i -= 1) {
    for (let j = columns.length - 1; j >= 0; j -= 1) {
      lengths[i][j] =
        rows[i] === columns[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const same = after.map((_, j) => (j < start ? j : j - after.length + before.length));
  for (let i = 0, j = 0; j < columns.length;) {
    if (i < rows.length && rows[i] === columns[j]) {
      same[start + j] = start + i;
      i += 1;
      j += 1;
    } else if (i < rows.length && lengths[i + 1][j] >= lengths[i][j + 1]) i += 1;
    else {
      same[start + j] = -1;
      j += 1;
    }
  }
  return same;
}
