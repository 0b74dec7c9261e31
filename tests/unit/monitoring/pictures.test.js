// Pictures of dashboards: the data of the panels as Grafana's Prometheus data source builds them, and what fails.
import assert from "node:assert/strict";
import { test } from "node:test";

import { annotated, boardData, filled, gridded, legend, resolution } from "../../../monitoring/pictures/src/queries.js";

const TIMES = { start_s: 1000, end_s: 1030, step_s: 10 };
const PANEL = { title: "Latency", type: "timeseries", targets: [{ refId: "A", expr: "up", legendFormat: "{{pod}}" }] };

const success = (result) => async () => ({ status: "success", data: { result } });

test("variables are replaced, groups of label_replace are not", () => {
  assert.equal(filled('a{x="$one"} ${two} ${1}xx', { one: "1", two: "2" }), 'a{x="1"} 2 ${1}xx');
  assert.throws(() => filled("$three", {}), /the variable three has no value/);
});

test("the window of rate has four scrapes at least", () => {
  assert.deepEqual(resolution({ start_s: 0, end_s: 900, scrape_s: 10 }), { step_s: 10, rate_interval_s: 40 });
  assert.deepEqual(resolution({ start_s: 0, end_s: 10_800, scrape_s: 10 }), { step_s: 80, rate_interval_s: 90 });
});

test("a line has the name of its template, or its labels", () => {
  assert.equal(legend("{{ pod }} of {{zone}}", { pod: "web-1" }), "web-1 of ");
  assert.equal(legend("", { __name__: "up", pod: "web-1" }), 'up{pod="web-1"}');
  assert.equal(legend(undefined, {}), "Value");
});

test("a missing sample is a gap", () => {
  assert.deepEqual(
    gridded(
      [
        [1000, "1"],
        [1020, "3"],
      ],
      TIMES,
    ).values,
    [1, null, 3, null],
  );
});

test("a panel gets the series of its queries", async () => {
  const result = [{ metric: { pod: "web-1" }, values: [[1010, "5"]] }];
  const { data, failures } = await boardData([PANEL], success(result), TIMES, {});
  assert.deepEqual(failures, []);
  assert.equal(data[0][0].name, "web-1");
  assert.deepEqual(data[0][0].values, [null, 5, null, null]);
});

test("a panel without data is a failure of the kind empty", async () => {
  const { failures } = await boardData([PANEL], success([]), TIMES, {});
  assert.deepEqual(failures, [{ kind: "empty", text: "Latency: no data" }]);
});

test("a type that is not drawn is a failure, which names it", async () => {
  const { failures } = await boardData([{ ...PANEL, type: "geomap" }], success([]), TIMES, {});
  assert.deepEqual(failures, [{ kind: "error", text: "Latency: the type geomap is not drawn" }]);
});

test("a query that Prometheus refuses is a failure, and the other panels are drawn", async () => {
  const prometheus = async (_, { query }) =>
    query === "up"
      ? { status: "error", error: "parse error" }
      : { status: "success", data: { result: [{ metric: {}, values: [[1000, "1"]] }] } };
  const other = { ...PANEL, targets: [{ refId: "A", expr: "down" }] };
  const { data, failures } = await boardData([PANEL, other], prometheus, TIMES, {});
  assert.deepEqual(failures, [{ kind: "error", text: "up: parse error" }]);
  assert.equal(data[1].length, 1);
});

test("an annotation begins where its value becomes positive", async () => {
  const values = [
    [1000, "1"],
    [1010, "0"],
    [1020, "1"],
    [1030, "1"],
  ];
  const annotation = { iconColor: "red", target: { expr: "ALERTS" } };
  const marks = await annotated(annotation, success([{ metric: {}, values }]), TIMES, {});
  assert.deepEqual(marks, { colour: "red", begins_ms: [1_020_000] });
});
