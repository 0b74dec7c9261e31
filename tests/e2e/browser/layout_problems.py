"""What is wrong with the layout of a page: overflow, cut texts, blank space below the footer, a high header."""

from tests.e2e.browser.browser_window import Window

# A header of one row.
MAX_HEADER_PX = 64

# Texts that end outside the window, or of a box that cuts them; texts for screen readers and maps are left out.
PROBLEMS = """
  const problems = [];
  const root = document.documentElement;
  const footer = document.querySelector("footer"); // A page in a frame has none.
  const blank = footer && Math.round(root.scrollHeight - footer.getBoundingClientRect().bottom - scrollY);
  if (blank > 1) problems.push(`${blank} px below the footer`);
  if (root.scrollWidth > root.clientWidth) problems.push(`${root.scrollWidth - root.clientWidth} px of overflow`);
  const header = document.querySelector("header")?.getBoundingClientRect().height ?? 0;
  if (header > MAX_HEADER_PX) problems.push(`a header of ${header} px`);
  const isLeftOut = (element) =>
    element.closest(".visually-hidden, .skip-link, .map, script, noscript, svg, option, [popover]") ||
    !element.checkVisibility({ visibilityProperty: true });
  const boxes = (element) => {
    const found = [];
    for (let box = element; box && box !== document.body; box = box.parentElement) {
      const { overflowX, overflowY, clipPath } = getComputedStyle(box);
      if (clipPath !== "none") return null;
      if (["auto", "scroll"].includes(overflowX)) return found;
      const { left, right, top, bottom } = box.getBoundingClientRect();
      const isCutBelow = ["hidden", "clip"].includes(overflowY);
      if (["hidden", "clip"].includes(overflowX)) found.push({ left, right, ...(isCutBelow ? { top, bottom } : {}) });
    }
    return [...found, { left: 0, right: root.clientWidth }];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || isLeftOut(element)) continue;
    const cutting = boxes(element);
    if (!cutting) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const { left, right, top, bottom } of range.getClientRects()) {
      const isCut = (box) =>
        left < box.left - 1 || right > box.right + 1 ||
        top < (box.top ?? top) - 3 || bottom > (box.bottom ?? bottom) + 3;
      if (cutting.some(isCut)) {
        problems.push(`cut: ${element.localName}.${element.className} "${node.data.trim().slice(0, 40)}"`);
        break;
      }
    }
  }
  return problems;
""".replace("MAX_HEADER_PX", str(MAX_HEADER_PX))


def problems(window: Window, path: str) -> list[str]:
    """Open a page; the problems of its layout."""
    found: list[str] = window.open(path).chrome.execute_script(PROBLEMS)
    return found
