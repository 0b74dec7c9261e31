// Files that are dropped on the page.

/** The files of a drop, and the names of its folders, which a browser cannot send. */
function contentsOf(transfer) {
  const files = [];
  const folders = [];
  for (const item of transfer.items) {
    if (item.kind !== "file") continue;
    const entry = item.webkitGetAsEntry?.();
    if (entry?.isDirectory) folders.push(entry.name);
    else files.push(item.getAsFile());
  }
  return { files: files.filter(Boolean), folders };
}

/** Calls `onFiles` with the files and the names of folders of each drop on the page; `zone` shows where they go. */
export function startDrops(zone, onFiles) {
  const hasFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
  // Everywhere on the page: otherwise the browser opens a file that misses the zone, in place of the page.
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    zone.classList.add("is-over");
  });
  document.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget ?? zone.classList.remove("is-over"));
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    zone.classList.remove("is-over");
    const { files, folders } = contentsOf(event.dataTransfer);
    onFiles(files, folders);
  });
}
