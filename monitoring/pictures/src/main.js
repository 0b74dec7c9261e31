// Draws the dashboard of window.PICTURE, whose fields are those of monitoring/pictures/page.py.
// The state: document.body.dataset.state is "drawn" once every panel is, window.failures lists faults.
import { createTheme, dateTime, ThemeContext } from "@grafana/data";
import { GlobalStyles } from "@grafana/ui";
import { createElement as h, Fragment } from "react";
import { createRoot } from "react-dom/client";

import { Panel } from "./panels.js";
import { annotated, boardData, resolution } from "./queries.js";

import "uplot/dist/uPlot.min.css";

const COLUMNS = 24;
// Grafana's own: the height of a grid row, and the space between panels, in pixels.
const ROW = 30;
const GAP = 8;
const HEADER = 44;
// Grafana's plots and tables draw in the frames after their data are set.
const SETTLE_MS = 1500;

const picture = window.PICTURE;
const theme = createTheme({ colors: { mode: picture.dark ? "dark" : "light" } });
const root = createRoot(document.getElementById("board"));
const rows = picture.board.panels.filter(({ type }) => type === "row");
const panels = picture.board.panels.filter(({ type }) => type !== "row");

async function prometheus(path, parameters) {
  const body = new URLSearchParams(parameters);
  const response = await fetch(`${picture.prometheus}/api/v1/${path}`, { method: "POST", body });
  return response.json();
}

function box({ x, y, w, h: high }) {
  const column = (picture.width - GAP) / COLUMNS;
  return {
    left: GAP + x * column,
    top: HEADER + y * (ROW + GAP),
    width: w * column - GAP,
    height: high * (ROW + GAP) - GAP,
  };
}

function heading({ title, gridPos }) {
  const { left, top } = box(gridPos);
  return h(
    "div",
    { key: title, style: { position: "absolute", left, top, fontWeight: 500, lineHeight: `${ROW}px` } },
    title,
  );
}

function header(timeRange) {
  const { namespace, service } = picture.variables;
  const [from, to] = [timeRange.from, timeRange.to].map((time) => time.toISOString().slice(0, 16).replace("T", " "));
  const style = {
    position: "absolute",
    left: GAP,
    top: 8,
    right: GAP,
    display: "flex",
    gap: 24,
    alignItems: "baseline",
  };
  return h(
    "div",
    { style },
    h("span", { style: { fontSize: 18, fontWeight: 500 } }, picture.board.title),
    h("span", null, `${service} in ${namespace}`),
    h("span", { style: { marginLeft: "auto" } }, `${from} to ${to} UTC`),
  );
}

async function draw() {
  const now_s = picture.end_s ?? Date.now() / 1000;
  const span = { start_s: now_s - picture.minutes * 60, end_s: now_s, scrape_s: picture.scrape_s };
  const { step_s, rate_interval_s } = resolution(span);
  // Multiples of the step, so that the points of a live page do not move.
  const end_s = Math.floor(now_s / step_s) * step_s;
  const start_s = end_s - Math.floor((picture.minutes * 60) / step_s) * step_s;
  const times = { start_s, end_s, step_s };
  const variables = { ...picture.variables, __rate_interval: `${rate_interval_s}s` };
  const { data, failures } = await boardData(panels, prometheus, times, variables);
  const notes = picture.board.annotations.list;
  const marks = await Promise.all(notes.map((note) => annotated(note, prometheus, times, variables)));
  const [from, to] = [dateTime(start_s * 1000), dateTime(end_s * 1000)];
  const timeRange = { from, to, raw: { from, to } };
  const drawn = panels.map((panel, index) =>
    h(Panel, { key: panel.id, panel, content: data[index], box: box(panel.gridPos), theme, timeRange, marks }),
  );
  root.render(
    h(
      ThemeContext.Provider,
      { value: theme },
      h(GlobalStyles),
      h(Fragment, null, header(timeRange), rows.map(heading), drawn),
    ),
  );
  window.failures = failures;
}

function bottom() {
  return HEADER + Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h)) * (ROW + GAP) + GAP;
}

async function refresh() {
  try {
    await draw();
  } catch (error) {
    window.failures = [{ kind: "error", text: error.message }];
  }
  document.body.style.minHeight = `${bottom()}px`;
  setTimeout(() => (document.body.dataset.state = "drawn"), SETTLE_MS);
  if (picture.refresh_s) setTimeout(refresh, picture.refresh_s * 1000);
}

window.addEventListener("error", ({ message }) => {
  window.failures = [...(window.failures ?? []), { kind: "error", text: message }];
});
refresh();
