// How a plot is moved: by mouse (drag a box, wheel once it has the focus), fingers (pinch, push sideways) and keys.

const CLICK_PX = 5;
const KEYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

/** Lets a plot answer; `pointed` gets the values under the pointer or the keys' mark, `picked` those that were chosen. */
export function gestures(plot, { pointed, picked }) {
  const { canvas } = plot;
  const down = new Map();
  let from = null;
  let apart = 0;
  const point = ({ clientX, clientY }) => {
    const { left, top } = canvas.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  };
  const spread = () => {
    const [a, b] = [...down.values()];
    return { size: Math.hypot(a.x - b.x, a.y - b.y) || 1, middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 } };
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    canvas.focus({ preventScroll: true });
    down.set(event.pointerId, point(event));
    from = down.size === 1 ? { ...point(event), moved: false } : null;
    if (down.size === 2) apart = spread().size;
  });
  canvas.addEventListener("pointermove", (event) => {
    const here = point(event);
    if (!down.has(event.pointerId)) return pointed(plot.values(here));
    const before = down.get(event.pointerId);
    down.set(event.pointerId, here);
    if (down.size === 2) {
      const { size, middle } = spread();
      plot.zoom(size / apart, plot.values(middle));
      apart = size;
    } else if (from) {
      from.moved ||= Math.hypot(here.x - from.x, here.y - from.y) > CLICK_PX;
      if (from.moved && event.pointerType === "touch")
        plot.pan((before.x - here.x) / (plot.at.right - plot.at.left), 0);
      else if (from.moved) box(plot, from, here);
    }
  });
  const up = (event) => {
    if (!down.delete(event.pointerId) || !from) return;
    const here = point(event);
    const begin = from;
    from = null;
    if (event.type === "pointercancel") return plot.later();
    if (!begin.moved) {
      const values = plot.values(here);
      pointed(values);
      if (values.inside) picked(values);
    } else if (event.pointerType !== "touch") {
      plot.show(boxed(plot, begin, here));
    }
  };
  for (const type of ["pointerup", "pointercancel"]) canvas.addEventListener(type, up);
  // The wheel scrolls the page until the visitor has turned to the plot.
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (document.activeElement !== canvas) return;
      event.preventDefault();
      plot.zoom(event.deltaY < 0 ? 1.25 : 0.8, plot.values(point(event)));
    },
    { passive: false },
  );
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = keys(plot, event, pointed, picked);
    if (!act) return;
    event.preventDefault();
    act();
  });
}

function keys(plot, { key, shiftKey }, pointed, picked) {
  const acts = {
    "+": () => plot.zoom(1.5, plot.mark),
    "=": () => plot.zoom(1.5, plot.mark),
    "-": () => plot.zoom(1 / 1.5, plot.mark),
    0: () => plot.show({ x: plot.axes.x.whole, y: plot.axes.y.whole }),
    Enter: () => plot.mark && picked({ ...plot.mark }),
    Escape: () => pointed(null),
  };
  if (!KEYS[key]) return acts[key];
  const [right, below] = KEYS[key];
  const towards = plot.axes.y.down ? below : -below;
  if (shiftKey) return () => plot.pan(right / 10, towards / 10);
  return () => {
    const { x, y } = plot.view;
    const here = plot.mark ?? { x: (x[0] + x[1]) / 2, y: (y[0] + y[1]) / 2 };
    const next = plot.content.step?.(here, right, towards) ?? {
      x: here.x + (right * (x[1] - x[0])) / 50,
      y: here.y + (towards * (y[1] - y[0])) / 50,
    };
    if (next.x < x[0] || next.x > x[1]) plot.pan(right / 4, 0);
    if (next.y < y[0] || next.y > y[1]) plot.pan(0, towards / 4);
    pointed({ ...next, inside: true });
  };
}

function boxed(plot, a, b) {
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  const { left, right, top, bottom } = plot.at;
  const [one, other] = [a, b].map(({ x, y }) => plot.values({ x: clamp(x, left, right), y: clamp(y, top, bottom) }));
  const ends = (name) => [one[name], other[name]].sort((p, q) => p - q);
  // A band across is meant for one axis alone.
  const [wide, tall] = [Math.abs(a.x - b.x) > 3 * CLICK_PX, Math.abs(a.y - b.y) > 3 * CLICK_PX];
  return { x: wide ? plot.kept("x", ...ends("x")) : null, y: tall ? plot.kept("y", ...ends("y")) : null };
}

function box(plot, a, b) {
  plot.draw();
  const ctx = plot.canvas.getContext("2d");
  ctx.strokeStyle = plot.colours.focus;
  ctx.lineWidth = 1.5;
  ctx.strokeRect(a.x, a.y, b.x - a.x, b.y - a.y);
}
