// Grafana's data frames of a panel's series, with the settings of the panel in each field.
import {
  applyFieldOverrides,
  FieldType,
  standardTransformers,
  standardTransformersRegistry,
  toDataFrame,
  transformDataFrame,
} from "@grafana/data";
import { firstValueFrom } from "rxjs";

standardTransformersRegistry.setInit(() =>
  [standardTransformers.mergeTransformer, standardTransformers.organizeFieldsTransformer].map((transformation) => ({
    id: transformation.id,
    name: transformation.name,
    transformation,
  })),
);

const defaults = (panel) => structuredClone(panel.fieldConfig.defaults);

// Sets the property that an override names, such as `custom.cellOptions`.
function set(config, id, value) {
  const path = id.split(".");
  const last = path.pop();
  const parent = path.reduce((node, name) => (node[name] ??= {}), config);
  parent[last] = value;
}

// Overrides by name, the only kind that the dashboards use; the rest is up to Grafana.
function configured(frames, panel, theme) {
  for (const frame of frames) {
    for (const field of frame.fields) {
      if (field.type === FieldType.time) continue;
      const config = { custom: {}, ...defaults(panel), ...field.config };
      for (const { matcher, properties } of panel.fieldConfig.overrides ?? []) {
        if (matcher.options === (config.displayName ?? field.name)) {
          properties.forEach(({ id, value }) => set(config, id, value));
        }
      }
      field.config = config;
    }
  }
  return applyFieldOverrides({
    data: frames,
    fieldConfig: { defaults: {}, overrides: [] },
    replaceVariables: (text) => text,
    theme,
    timeZone: "utc",
  });
}

// One frame for each series, with a time and a value field.
export function seriesFrames(content, panel, theme) {
  const frames = content.map(({ labels, name, ref, times_ms, values }) =>
    toDataFrame({
      refId: ref,
      fields: [
        { name: "Time", type: FieldType.time, values: times_ms, config: {} },
        { name: "Value", type: FieldType.number, values, labels, config: { displayName: name } },
      ],
    }),
  );
  return configured(frames, panel, theme);
}

// The one frame of a table: a frame for each query, as the data source returns it, then the panel's transformations.
export async function tableFrame(content, panel, theme) {
  const refs = [...new Set(content.map(({ ref }) => ref))];
  const frames = refs.map((ref) => {
    const rows = content.filter((row) => row.ref === ref);
    const labels = [...new Set(rows.flatMap((row) => Object.keys(row.labels)))].sort();
    const column = panel.targets.length > 1 ? `Value #${ref}` : "Value";
    return toDataFrame({
      refId: ref,
      fields: [
        { name: "Time", type: FieldType.time, values: rows.map(() => 0), config: {} },
        ...labels.map((label) => ({
          name: label,
          type: FieldType.string,
          values: rows.map((row) => row.labels[label] ?? ""),
          config: {},
        })),
        { name: column, type: FieldType.number, values: rows.map(({ value }) => value), config: {} },
      ],
    });
  });
  const context = { interpolate: (text) => text };
  const [frame] = await firstValueFrom(transformDataFrame(panel.transformations, frames, context));
  return frame ? configured([frame], panel, theme)[0] : null;
}
