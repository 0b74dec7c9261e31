// A canvas with axes whose ranges can change. What lies between the axes is drawn by its content.
import { coloursOf, css } from "./explorer_colours.js";
import { minus, numberTicks, timeTicks } from "./explorer_ticks.js";

const MARGIN = { top: 34, right: 16, bottom: 46, left: 62 };
const BAR = { room: 76, gap: 14, width: 14 }; // A colour bar with its numbers, px.
const NEAREST = 1 / 2000; // Of the whole range: nothing is measured more finely.

export class Plot {
  /** `content`: {title, label, axes: {x, y, colours?}, draw(ctx, plot), read(x, y), step(mark, right, down)}. */
  constructor(canvas, content) {
    this.canvas = canvas;
    this.content = content;
    this.axes = content.axes;
    this.listeners = [];
    this.mark = null; // Where the read-out stands, in values.
    this.reset(true);
    const again = () => this.later();
    new ResizeObserver(again).observe(canvas);
    document.addEventListener("themechange", again);
  }

  reset(quiet = false) {
    this.view = Object.fromEntries(Object.entries(this.axes).map(([name, axis]) => [name, [...axis.whole]]));
    if (!quiet) this.changed();
  }

  /** Takes new ranges, {x, y, colours}, each of them or only some. */
  show(ranges) {
    for (const [name, ends] of Object.entries(ranges))
      if (ends && this.view[name] && ends[0] < ends[1]) this.view[name] = [...ends];
    this.changed();
  }

  changed() {
    this.later();
    for (const listener of this.listeners) listener();
  }

  later() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      this.draw();
    });
  }

  /** Is this axis as it was at first? */
  untouched(name) {
    return this.view[name].every((end, i) => end === this.axes[name].whole[i]);
  }

  frame() {
    const { width, height } = this.canvas.getBoundingClientRect();
    const right = width - MARGIN.right - (this.axes.colours ? BAR.room : 0);
    return { width, height, left: MARGIN.left, top: MARGIN.top, right, bottom: height - MARGIN.bottom };
  }

  toX = (value) =>
    this.at.left + ((value - this.view.x[0]) / (this.view.x[1] - this.view.x[0])) * (this.at.right - this.at.left);

  toY = (value) => {
    const share = (value - this.view.y[0]) / (this.view.y[1] - this.view.y[0]);
    return this.axes.y.down
      ? this.at.top + share * (this.at.bottom - this.at.top)
      : this.at.bottom - share * (this.at.bottom - this.at.top);
  };

  /** The values under a point of the canvas. */
  values({ x, y }) {
    const { left, right, top, bottom } = this.at;
    const share = this.axes.y.down ? (y - top) / (bottom - top) : (bottom - y) / (bottom - top);
    const [{ x: across, y: along }, inside] = [this.view, x >= left && x <= right && y >= top && y <= bottom];
    return {
      x: across[0] + ((x - left) / (right - left)) * (across[1] - across[0]),
      y: along[0] + share * (along[1] - along[0]),
      inside,
    };
  }

  /** Zooms by a factor around values, and never out of the whole. */
  zoom(factor, about = null) {
    const zoomed = (name) => {
      const [low, high] = this.view[name];
      const centre = about?.[name] ?? (low + high) / 2;
      return this.kept(name, centre - (centre - low) / factor, centre + (high - centre) / factor);
    };
    this.show({ x: zoomed("x"), y: zoomed("y") });
  }

  /** Moves the view by shares of itself. */
  pan(right, up) {
    const moved = (name, share) => {
      const [low, high] = this.view[name];
      return this.kept(name, low + share * (high - low), high + share * (high - low));
    };
    this.show({ x: moved("x", right), y: moved("y", up) });
  }

  kept(name, low, high) {
    const [first, last] = this.axes[name].whole;
    const span = Math.max(Math.min(high - low, last - first), (last - first) * NEAREST);
    const begin = Math.min(Math.max((low + high - span) / 2, first), last - span);
    return [begin, begin + span];
  }

  draw() {
    const ratio = window.devicePixelRatio || 1;
    this.at = this.frame();
    if (this.at.right - this.at.left < 20 || this.at.bottom - this.at.top < 20) return; // Hidden.
    this.canvas.width = Math.round(this.at.width * ratio);
    this.canvas.height = Math.round(this.at.height * ratio);
    const ctx = this.canvas.getContext("2d");
    const style = getComputedStyle(this.canvas);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    this.colours = {
      ground: colour("surface"),
      ink: colour("ink"),
      muted: colour("muted"),
      line: colour("line"),
      graphic: colour("graphic"),
      focus: colour("focus"),
      font: style.fontFamily,
    };
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.fillStyle = this.colours.ground;
    ctx.fillRect(0, 0, this.at.width, this.at.height);
    const { left, top, right, bottom } = this.at;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, right - left, bottom - top);
    ctx.clip();
    this.content.draw(ctx, this);
    this.drawMark(ctx);
    ctx.restore();
    this.drawAxes(ctx);
    if (this.axes.colours) this.drawBar(ctx);
    this.canvas.dataset.drawn = String(Number(this.canvas.dataset.drawn ?? 0) + 1);
  }

  drawAxes(ctx) {
    const { left, top, right, bottom, width } = this.at;
    const { x, y } = this.axes;
    ctx.strokeStyle = this.colours.muted;
    ctx.lineWidth = 1;
    ctx.strokeRect(left + 0.5, top + 0.5, right - left - 1, bottom - top - 1);
    const ticks = (axis, range, count) => (axis.isTime ? timeTicks : numberTicks)(range, count);
    ctx.fillStyle = this.colours.ink;
    this.write(ctx, this.content.title, left, top - 14, "left", "bold 13px", width - left - 8);
    for (const [value, text] of ticks(x, this.view.x, (right - left) / 76)) {
      const at = Math.round(this.toX(value)) + 0.5;
      ctx.strokeRect(at, bottom, 0, 5);
      this.write(ctx, text, Math.min(at, width - 20), bottom + 14, "center");
    }
    for (const [value, text] of ticks(y, this.view.y, (bottom - top) / 44)) {
      const at = Math.round(this.toY(value)) + 0.5;
      ctx.strokeRect(left - 5, at, 5, 0);
      this.write(ctx, text, left - 9, at, "right");
    }
    this.write(ctx, x.title, (left + right) / 2, bottom + 34, "center");
    ctx.save();
    ctx.translate(12, (top + bottom) / 2);
    ctx.rotate(-Math.PI / 2);
    this.write(ctx, y.title, 0, 0, "center");
    ctx.restore();
  }

  drawBar(ctx) {
    const { right, top, bottom, width } = this.at;
    const { map, title, digits } = this.axes.colours;
    const steps = coloursOf(map);
    const tall = (bottom - top) / steps.length;
    const left = right + BAR.gap;
    steps.forEach((step, i) => {
      ctx.fillStyle = css(step);
      ctx.fillRect(left, bottom - (i + 1) * tall, BAR.width, tall + 0.5);
    });
    ctx.fillStyle = this.colours.ink;
    const [low, high] = this.view.colours;
    const ends = [low, (low + high) / 2, high];
    ends.forEach((value, i) =>
      this.write(
        ctx,
        minus(Number(value.toFixed(digits ?? 3))),
        left + BAR.width + 5,
        bottom - ((bottom - top) * i) / 2,
        "left",
        "12px",
        width - left - BAR.width - 6,
      ),
    );
    this.write(ctx, title, width - 6, bottom + 34, "right", "12px", 130);
  }

  drawMark(ctx) {
    if (!this.mark) return;
    const [x, y] = [Math.round(this.toX(this.mark.x)) + 0.5, Math.round(this.toY(this.mark.y)) + 0.5];
    ctx.strokeStyle = this.colours.focus;
    ctx.lineWidth = 1;
    for (const [a, b, c, d] of [
      [x, this.at.top, x, this.at.bottom],
      [this.at.left, y, this.at.right, y],
    ]) {
      ctx.beginPath();
      ctx.moveTo(a, b);
      ctx.lineTo(c, d);
      ctx.stroke();
    }
  }

  write(ctx, text, x, y, align, font = "12px", room = undefined) {
    ctx.font = `${font} ${this.colours.font}`;
    ctx.textAlign = align;
    ctx.textBaseline = "middle";
    ctx.fillText(text, x, y, room);
  }
}
