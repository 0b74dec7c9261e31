// Brings a part of the page up to date. Only what differs between two versions of the server's HTML is changed, so that
// what scripts and the visitor have done to the page stays: focus, selection, open popups, scrolled lists, plots.
import { keyOf, sameItems, signature } from "./live_match.js";

const INERT = document.implementation.createHTMLDocument("");

export class Patch {
  /** Create it before scripts change the element. */
  constructor(element) {
    // The last version of the server. In a document of its own, images are not loaded.
    this.copy = INERT.importNode(element, true);
    this.live = new WeakMap(); // The node of the page for each node of the copy.
    this.known = new WeakSet(); // Nodes of the page that the server has made.
    this.pair(this.copy, element);
  }

  pair(copy, live) {
    this.live.set(copy, live);
    this.known.add(live);
    copy.childNodes.forEach((child, index) => this.pair(child, live.childNodes[index]));
  }

  /** Apply a new version of the element; returns the elements that changed. */
  apply(fresh) {
    this.changed = new Set();
    const active = document.activeElement;
    const place = placeOf(active);
    this.patch(this.copy, fresh);
    if (!active.isConnected) place?.()?.focus({ preventScroll: true });
    return this.changed;
  }

  patch(copy, fresh) {
    // Its content is text where scripts run, and elements where the fresh page is parsed.
    if (copy.isEqualNode(fresh) || copy.nodeName === "NOSCRIPT") return;
    const live = this.live.get(copy);
    if (copy.nodeType !== Node.ELEMENT_NODE) {
      copy.data = live.data = fresh.data;
      if (live.parentElement) this.changed.add(live.parentElement);
      return;
    }
    this.patchAttributes(copy, fresh, live);
    this.patchChildren(copy, fresh, live);
  }

  patchAttributes(copy, fresh, live) {
    for (const name of new Set([...copy.getAttributeNames(), ...fresh.getAttributeNames()])) {
      const [old, value] = [copy.getAttribute(name), fresh.getAttribute(name)];
      if (old === value) continue;
      for (const element of [copy, live]) {
        if (value === null) element.removeAttribute(name);
        else element.setAttribute(name, value);
      }
      this.changed.add(live);
    }
  }

  patchChildren(copy, fresh, live) {
    const [before, after] = [[...copy.childNodes], [...fresh.childNodes]];
    const same = sameItems(before.map(signature), after.map(signature));
    same.forEach((index, position) => index >= 0 && this.patch(before[index], after[position]));
    // A script has moved or replaced the children: only their content is changed.
    if (before.some((child) => this.live.get(child).parentNode !== live)) return;
    const remaining = new Set(same);
    before.filter((_, index) => !remaining.has(index)).forEach((child) => this.remove(child, live));
    let last = null;
    same.forEach((index, position) => {
      last = index >= 0 ? before[index] : this.add(after[position], copy, live, last);
    });
  }

  remove(child, live) {
    const node = this.live.get(child);
    this.extras(node).forEach((extra) => extra.remove());
    node.remove();
    child.remove();
    this.changed.add(live);
  }

  add(fresh, copy, live, last) {
    const child = INERT.importNode(fresh, true);
    const node = document.importNode(fresh, true);
    if (last) {
      last.after(child);
      const before = this.live.get(last);
      (this.extras(before).at(-1) ?? before).after(node);
    } else {
      copy.prepend(child);
      live.prepend(node);
    }
    this.pair(child, node);
    this.changed.add(node.nodeType === Node.ELEMENT_NODE ? node : live);
    return child;
  }

  /** The nodes behind this one that scripts have added, such as the age of a time. */
  extras(node) {
    const nodes = [];
    const isExtra = (next) => next && !this.known.has(next) && !keyOf(next); // A row has a key: it is no addition.
    for (let next = node.nextSibling; isExtra(next); next = next.nextSibling) nodes.push(next);
    return nodes;
  }
}

/** A function that finds the element again after its row was replaced by one with the same key; null without a key. */
function placeOf(element) {
  let row = element;
  while (row && !keyOf(row)) row = row.parentElement;
  if (!row || row === element) return null;
  const [name, value] = keyOf(row);
  const index = [...row.querySelectorAll(element.localName)].indexOf(element);
  return () => document.querySelector(`[${name}="${CSS.escape(value)}"]`)?.querySelectorAll(element.localName)[index];
}
