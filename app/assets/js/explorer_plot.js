// A canvas with axes whose ranges can change; a content object draws what lies between the axes.
import { coloursOf, css } from "./explorer_colours.js";
import { pannedRange, zoomedRange } from "./explorer_range.js";
import { legendLines } from "./explorer_text.js";
import { numberTicks, timeTicks } from "./explorer_ticks.js";

const MARGIN = { top: 34, right: 16, bottom: 46, left: 62 };
const TITLE_LINE_PX = 15;
const LEGEND = { height: 13, letter: 5.6 }; // A line and a letter of the legend, px.
const TITLE_LETTER_PX = { 11: 7.2, 13: 8.5 }; // By the size of the font; bold letters of DejaVu Sans, the widest.
const BAR = { room: 76, gap: 14, width: 14 }; // A colour bar with its numbers, px.

export class Plot {
  /**
   * `content` is {title, legend?(plot), axes: {x, y, colours?}, hasPoints?, draw(ctx, plot), read({x, y}, plot),
   * step?({x, y}, right, along)}; with `hasPoints` its colours suit the ground of the page;
   * an axis is {title, label?, extent: [low, high], initial?: [low, high], isTime?, isDownward?}.
   * `legend` returns the parts of the legend, `read` returns {x, y, text} for the values
   * under the pointer, `step` returns the next values in the direction of an arrow key.
   */
  constructor(canvas, content) {
    this.canvas = canvas;
    this.content = content;
    this.axes = content.axes;
    this.listeners = []; // Called after each change of the view.
    this.mark = null; // The values that the read-out shows.
    this.view = this.initialView();
    const redraw = () => this.scheduleDraw();
    new ResizeObserver(redraw).observe(canvas);
    document.addEventListener("themechange", redraw);
  }

  initialView() {
    return Object.fromEntries(Object.keys(this.axes).map((name) => [name, [...this.initialRange(name)]]));
  }

  /** The range at first: the whole extent, or the part of it without outliers. */
  initialRange(name) {
    const { initial, extent } = this.axes[name];
    return initial ?? extent;
  }

  reset() {
    this.view = this.initialView();
    this.notify();
  }

  /** Changes the ranges {x, y, colours}, all or some; null and ranges that are empty change nothing. */
  show(ranges) {
    for (const [name, range] of Object.entries(ranges)) {
      if (range && this.view[name] && range[0] < range[1]) this.view[name] = [...range];
    }
    this.notify();
  }

  notify() {
    this.scheduleDraw();
    for (const listener of this.listeners) listener();
  }

  scheduleDraw() {
    this.frameRequest ??= requestAnimationFrame(() => {
      this.frameRequest = null;
      this.draw();
    });
  }

  /** True if this axis shows its first range. */
  isInitial(name) {
    return this.view[name].every((bound, i) => bound === this.initialRange(name)[i]);
  }

  frame() {
    const { width, height } = this.canvas.getBoundingClientRect();
    const right = width - MARGIN.right - (this.axes.colours ? BAR.room : 0);
    const room = width - MARGIN.left - 8;
    const legend = legendLines(this.content.legend?.(this) ?? [], room / LEGEND.letter);
    // A long title has two lines on a phone: a squeezed text is hard to read.
    const titleSize = width < 480 ? 11 : 13;
    const titles = legendLines(this.content.title.split(" · "), room / TITLE_LETTER_PX[titleSize]);
    const legendTop = MARGIN.top + (titles.length - 1) * TITLE_LINE_PX;
    const top = legendTop + Math.max(legend.length - 1, 0) * LEGEND.height;
    const bottom = height - MARGIN.bottom;
    return { width, height, left: MARGIN.left, top, right, bottom, titles, titleSize, legend, legendTop };
  }

  toX = (value) => {
    const [low, high] = this.view.x;
    return this.at.left + ((value - low) / (high - low)) * (this.at.right - this.at.left);
  };

  toY = (value) => {
    const [low, high] = this.view.y;
    const { top, bottom } = this.at;
    const offset = ((value - low) / (high - low)) * (bottom - top);
    return this.axes.y.isDownward ? top + offset : bottom - offset;
  };

  /** The values under a point of the canvas, and whether it lies between the axes. */
  values({ x, y }) {
    const { left, right, top, bottom } = this.at;
    const shareX = (x - left) / (right - left);
    const shareY = (this.axes.y.isDownward ? y - top : bottom - y) / (bottom - top);
    const at = ([low, high], share) => low + share * (high - low);
    const isInside = x >= left && x <= right && y >= top && y <= bottom;
    return { x: at(this.view.x, shareX), y: at(this.view.y, shareY), isInside };
  }

  /** Zooms by a factor around values {x, y}, by default around the middle; never beyond the extent. */
  zoom(factor, centre = null) {
    const zoomed = (name) => zoomedRange(this.view[name], factor, this.axes[name].extent, centre?.[name]);
    this.show({ x: zoomed("x"), y: zoomed("y") });
  }

  /** Moves the view by shares of itself. */
  pan(right, up) {
    const panned = (name, share) => pannedRange(this.view[name], share, this.axes[name].extent);
    this.show({ x: panned("x", right), y: panned("y", up) });
  }

  /** `ratio`: pixels of the canvas for one of the page. */
  draw(ratio = window.devicePixelRatio || 1) {
    this.at = this.frame();
    if (this.at.right - this.at.left < 20 || this.at.bottom - this.at.top < 20) return; // Hidden.
    this.canvas.width = Math.round(this.at.width * ratio);
    this.canvas.height = Math.round(this.at.height * ratio);
    const ctx = this.canvas.getContext("2d");
    const style = getComputedStyle(this.canvas);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    this.colours = {
      ground: colour("surface"),
      behind: colour("plot-ground"),
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
    if (this.axes.colours && !this.content.hasPoints) {
      ctx.fillStyle = this.colours.behind;
      ctx.fillRect(left, top, right - left, bottom - top);
    }
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
    const { titles, titleSize, legend, legendTop } = this.at;
    const room = width - left - 8;
    titles.forEach((line, i) => {
      const middle = MARGIN.top - (legend.length ? 23 : 14) + i * TITLE_LINE_PX;
      this.write(ctx, line, left, middle, "left", `bold ${titleSize}px`, room);
    });
    legend.forEach((line, i) => {
      this.write(ctx, line, left, legendTop - 8 + i * LEGEND.height, "left", "11px", room);
    });
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
    const { map, title } = this.axes.colours;
    const steps = coloursOf(map);
    const height = (bottom - top) / steps.length;
    const left = right + BAR.gap;
    steps.forEach((step, i) => {
      ctx.fillStyle = css(step);
      ctx.fillRect(left, bottom - (i + 1) * height, BAR.width, height + 0.5);
    });
    ctx.fillStyle = this.colours.ink;
    const [low, high] = this.view.colours;
    const room = width - left - BAR.width - 6;
    for (const [value, text] of numberTicks([low, high], (bottom - top) / 44)) {
      const y = bottom - ((value - low) / (high - low)) * (bottom - top);
      this.write(ctx, text, left + BAR.width + 5, y, "left", "12px", room);
    }
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

  /** Writes a text; one wider than `room` is squeezed, px. */
  write(ctx, text, x, y, align, font = "12px", room = undefined) {
    ctx.font = `${font} ${this.colours.font}`;
    ctx.textAlign = align;
    ctx.textBaseline = "middle";
    ctx.fillText(text, x, y, room);
  }
}
