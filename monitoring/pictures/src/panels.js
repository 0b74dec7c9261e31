// One panel: its frame with title and description, and the component of its type.
import { getFieldDisplayValues } from "@grafana/data";
import { BigValue, PanelChrome, Table, TimeSeries } from "@grafana/ui";
import { createElement as h, useEffect, useState } from "react";

import { seriesFrames, tableFrame } from "./frames.js";
import { Heatmap, StateTimeline } from "./plots.js";

// Vertical lines at the begin of each rollout and alert, behind the series.
function markers(builder, marks, theme) {
  builder.addHook("drawClear", (u) => {
    for (const { colour, begins_ms } of marks) {
      u.ctx.strokeStyle = theme.visualization.getColorByName(colour);
      u.ctx.setLineDash([4, 4]);
      for (const at of begins_ms) {
        const x = Math.round(u.valToPos(at, "x", true));
        u.ctx.beginPath();
        u.ctx.moveTo(x, u.bbox.top);
        u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
        u.ctx.stroke();
      }
      u.ctx.setLineDash([]);
    }
  });
  return null;
}

function Lines({ content, panel, theme, timeRange, marks, width, height }) {
  const frames = seriesFrames(content, panel, theme);
  const legend = panel.options.legend;
  return h(TimeSeries, { frames, timeRange, timeZone: "utc", width, height, legend }, (builder) =>
    markers(builder, marks, theme),
  );
}

function Figures({ content, panel, theme, width, height }) {
  const values = getFieldDisplayValues({
    fieldConfig: { defaults: {}, overrides: [] },
    reduceOptions: panel.options.reduceOptions,
    data: seriesFrames(content, panel, theme),
    replaceVariables: (text) => text,
    theme,
    timeZone: "utc",
  });
  const { colorMode, graphMode, justifyMode, textMode } = panel.options;
  const share = Math.floor(width / values.length);
  return h(
    "div",
    { style: { display: "flex" } },
    values.map(({ display }, index) =>
      h(BigValue, {
        key: index,
        value: display,
        width: share,
        height,
        theme,
        colorMode,
        graphMode,
        justifyMode,
        textMode,
      }),
    ),
  );
}

function Rows({ content, panel, theme, width, height }) {
  const [frame, setFrame] = useState(null);
  useEffect(() => {
    tableFrame(content, panel, theme).then(setFrame);
  }, [content]);
  if (!frame) return null;
  return h(Table, { data: frame, width, height, initialSortBy: panel.options.sortBy });
}

const COMPONENTS = {
  heatmap: Heatmap,
  stat: Figures,
  "state-timeline": ({ content, panel, theme, ...size }) =>
    h(StateTimeline, { frames: seriesFrames(content, panel, theme), theme, ...size }),
  table: Rows,
  timeseries: Lines,
};

export function Panel({ panel, content, box, ...context }) {
  const inside = (width, height) =>
    content.length
      ? h(COMPONENTS[panel.type], { panel, content, width, height, ...context })
      : h("div", { style: { textAlign: "center", paddingTop: height / 2 - 20 } }, "No data");
  return h(
    "div",
    { style: { position: "absolute", left: box.left, top: box.top } },
    h(PanelChrome, { title: panel.title, width: box.width, height: box.height, padding: "none" }, inside),
  );
}
