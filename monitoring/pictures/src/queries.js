// From a panel of a dashboard's JSON to the data of its queries, as Grafana's Prometheus data source builds them.

// Points of a line: about one for every three pixels of a panel of a third of the width.
const POINTS = 150;
// Types that panels.js and plots.js draw.
export const TYPES = ["heatmap", "stat", "state-timeline", "table", "timeseries"];

// The expression with $name and ${name} replaced; ${1} stays, a group of label_replace.
export function filled(expr, variables) {
  return expr.replace(/\$\{([a-z_]\w*)\}|\$([a-z_]\w*)/g, (_, braced, plain) => {
    const value = variables[braced ?? plain];
    if (value === undefined) throw new Error(`the variable ${braced ?? plain} has no value`);
    return value;
  });
}

// The step of range queries and the window of `rate`, which Grafana derives from the times and the scrape interval.
export function resolution({ start_s, end_s, scrape_s }) {
  const step_s = Math.max(scrape_s, Math.ceil((end_s - start_s) / POINTS / scrape_s) * scrape_s);
  return { step_s, rate_interval_s: Math.max(step_s + scrape_s, 4 * scrape_s) };
}

// The name of a line: the template with the labels, or all labels without one.
export function legend(template, labels) {
  if (template) return template.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name) => labels[name] ?? "");
  const { __name__: metric = "", ...others } = labels;
  const pairs = Object.entries(others).map(([name, value]) => `${name}="${value}"`);
  return pairs.length ? `${metric}{${pairs.join(", ")}}` : metric || "Value";
}

// Values at each step of the range; null where there is no sample.
export function gridded(samples, { start_s, end_s, step_s }) {
  const values = new Map(samples.map(([time_s, value]) => [Math.round(time_s), Number(value)]));
  const count = Math.floor((end_s - start_s) / step_s) + 1;
  const times_s = Array.from({ length: count }, (_, index) => start_s + index * step_s);
  return { times_ms: times_s.map((time_s) => time_s * 1000), values: times_s.map((at) => values.get(at) ?? null) };
}

async function answer(prometheus, path, parameters) {
  const response = await prometheus(path, parameters);
  if (response.status !== "success") throw new Error(`${parameters.query}: ${response.error}`);
  return response.data.result;
}

async function series(target, prometheus, times, variables) {
  const query = filled(target.expr, variables);
  if (target.instant) {
    const result = await answer(prometheus, "query", { query, time: times.end_s });
    return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]), ref: target.refId }));
  }
  const { start_s: start, end_s: end, step_s: step } = times;
  const result = await answer(prometheus, "query_range", { query, start, end, step });
  return result.map(({ metric, values }) => ({
    labels: metric,
    name: legend(target.legendFormat, metric),
    ref: target.refId,
    ...gridded(values, times),
  }));
}

// The series of all queries of a panel. Throws for a type that is not drawn, and for an answer that is an error.
export async function panelData(panel, prometheus, times, variables) {
  if (!TYPES.includes(panel.type)) throw new Error(`${panel.title}: the type ${panel.type} is not drawn`);
  const results = await Promise.all(panel.targets.map((target) => series(target, prometheus, times, variables)));
  return results.flat();
}

// The data of all panels, and what is wrong with them: a panel without data, a type that is not drawn, a bad query.
export async function boardData(panels, prometheus, times, variables) {
  const failures = [];
  const data = await Promise.all(
    panels.map(async (panel) => {
      try {
        const content = await panelData(panel, prometheus, times, variables);
        if (!content.length) failures.push({ kind: "empty", text: `${panel.title}: no data` });
        return content;
      } catch (error) {
        failures.push({ kind: "error", text: error.message });
        return [];
      }
    }),
  );
  return { data, failures };
}

// The times at which an annotation of the dashboard begins.
export async function annotated(annotation, prometheus, times, variables) {
  const query = filled(annotation.target.expr, variables);
  const { start_s: start, end_s: end, step_s: step } = times;
  const result = await answer(prometheus, "query_range", { query, start, end, step });
  const begins_ms = result.flatMap(({ values }) =>
    values
      .filter(([time_s, value], index) => {
        const before = index ? values[index - 1] : null;
        const was_on = before && Number(before[1]) > 0 && time_s - before[0] <= 2 * step;
        return Number(value) > 0 && !was_on && time_s > start;
      })
      .map(([time_s]) => time_s * 1000),
  );
  return { colour: annotation.iconColor, begins_ms };
}
