// Announces changes to screen readers: those of the same moment together, because a newer text replaces an older one.

const COLLECT_MS = 400;

export function announcer(region) {
  let texts = [];
  let timer = null;
  return (text) => {
    texts.push(text);
    timer ??= setTimeout(() => {
      region.textContent = texts.join(" ");
      texts = [];
      timer = null;
    }, COLLECT_MS);
  };
}
