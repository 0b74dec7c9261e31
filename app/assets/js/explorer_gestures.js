// How a plot is controlled: mouse (drag a box, wheel once focused), fingers (pinch, push sideways) and keys.
import { clampedRange } from "./explorer_range.js";

const CLICK_PX = 5;
const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

/** Starts the gestures. `onPoint` receives the values under the pointer or of the keys, `onPick` those chosen. */
export function gestures(plot, { onPoint, onPick }) {
  const { canvas } = plot;
  const point = ({ clientX, clientY }) => {
    const { left, top } = canvas.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  };
  pointerGestures(plot, point, { onPoint, onPick });
  // The wheel scrolls the page until the visitor has focused the plot.
  const onWheel = (event) => {
    if (document.activeElement !== canvas) return;
    event.preventDefault();
    plot.zoom(event.deltaY < 0 ? 1.25 : 0.8, plot.values(point(event)));
  };
  canvas.addEventListener("wheel", onWheel, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = keyAction(plot, event, onPoint, onPick);
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function pointerGestures(plot, point, { onPoint, onPick }) {
  const { canvas } = plot;
  const pointers = new Map(); // The points of all fingers that are down, by their id.
  let start = null; // Where a single pointer went down; null during a pinch.
  let distance = 0; // Between two fingers.
  const pinch = () => {
    const [a, b] = [...pointers.values()];
    return { size: Math.hypot(a.x - b.x, a.y - b.y) || 1, middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 } };
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    canvas.focus({ preventScroll: true });
    pointers.set(event.pointerId, point(event));
    start = pointers.size === 1 ? { ...point(event), isDrag: false } : null;
    if (pointers.size === 2) distance = pinch().size;
  });
  canvas.addEventListener("pointermove", (event) => {
    const here = point(event);
    if (!pointers.has(event.pointerId)) return onPoint(plot.values(here));
    const before = pointers.get(event.pointerId);
    pointers.set(event.pointerId, here);
    if (pointers.size === 2) {
      const { size, middle } = pinch();
      plot.zoom(size / distance, plot.values(middle));
      distance = size;
    } else if (start) {
      start.isDrag ||= Math.hypot(here.x - start.x, here.y - start.y) > CLICK_PX;
      const width = plot.at.right - plot.at.left;
      if (start.isDrag && event.pointerType === "touch") plot.pan((before.x - here.x) / width, 0);
      else if (start.isDrag) drawBox(plot, start, here);
    }
  });
  const onUp = (event) => {
    if (!pointers.delete(event.pointerId) || !start) return;
    const here = point(event);
    const begin = start;
    start = null;
    if (event.type === "pointercancel") return plot.scheduleDraw();
    if (!begin.isDrag) {
      const values = plot.values(here);
      onPoint(values);
      if (values.isInside) onPick(values);
    } else if (event.pointerType !== "touch") {
      plot.show(boxRanges(plot, begin, here));
    }
  };
  for (const type of ["pointerup", "pointercancel"]) canvas.addEventListener(type, onUp);
}

function keyAction(plot, { key, shiftKey }, onPoint, onPick) {
  if (ARROWS[key]) {
    const [right, below] = ARROWS[key];
    const along = plot.axes.y.isDownward ? below : -below;
    return shiftKey ? () => plot.pan(right / 10, along / 10) : () => moveMark(plot, right, along, onPoint);
  }
  const actions = {
    "+": () => plot.zoom(1.5, plot.mark),
    "=": () => plot.zoom(1.5, plot.mark),
    "-": () => plot.zoom(1 / 1.5, plot.mark),
    0: () => plot.show({ x: plot.axes.x.extent, y: plot.axes.y.extent }),
    Enter: () => plot.mark && onPick({ ...plot.mark }),
    Escape: () => onPoint(null),
  };
  return actions[key];
}

/** Moves the mark to the next value, a fiftieth of the view if the content has no steps; the view follows the mark. */
function moveMark(plot, right, along, onPoint) {
  const { x, y } = plot.view;
  const here = plot.mark ?? { x: (x[0] + x[1]) / 2, y: (y[0] + y[1]) / 2 };
  const next = plot.content.step?.(here, right, along) ?? {
    x: here.x + (right * (x[1] - x[0])) / 50,
    y: here.y + (along * (y[1] - y[0])) / 50,
  };
  if (next.x < x[0] || next.x > x[1]) plot.pan(right / 4, 0);
  if (next.y < y[0] || next.y > y[1]) plot.pan(0, along / 4);
  onPoint({ ...next, isInside: true });
}

/** The ranges of a box between two points of the canvas; a narrow band changes one axis only. */
function boxRanges(plot, a, b) {
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  const { left, right, top, bottom } = plot.at;
  const corners = [a, b].map(({ x, y }) => plot.values({ x: clamp(x, left, right), y: clamp(y, top, bottom) }));
  const range = (name) => {
    const bounds = corners.map((corner) => corner[name]).sort((p, q) => p - q);
    return clampedRange(bounds, plot.axes[name].extent);
  };
  const isWide = Math.abs(a.x - b.x) > 3 * CLICK_PX;
  const isTall = Math.abs(a.y - b.y) > 3 * CLICK_PX;
  return { x: isWide ? range("x") : null, y: isTall ? range("y") : null };
}

function drawBox(plot, a, b) {
  plot.draw();
  const ctx = plot.canvas.getContext("2d");
  ctx.strokeStyle = plot.colours.focus;
  ctx.lineWidth = 1.5;
  ctx.strokeRect(a.x, a.y, b.x - a.x, b.y - a.y);
}
