/** A dashboard of Grafana, as far as it asks Prometheus something. */
import { readFileSync } from 'node:fs';

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

interface Written {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly annotations: {
    readonly list: readonly { readonly name: string; readonly expr?: string }[];
  };
  readonly templating: {
    readonly list: readonly {
      readonly name: string;
      readonly type: string;
      readonly definition?: string;
    }[];
  };
}

export interface Query {
  /** The title of the panel, or what else asks. */
  readonly asker: string;
  /** As Prometheus gets it, if everything is selected. */
  readonly text: string;
}

export const readDashboard = (file: string): Written =>
  JSON.parse(readFileSync(file, 'utf8')) as Written;

/** Every query of panels, annotations and variables; `window` stands for that of rates. */
export function queriesOf(dashboard: Written, window: string): Query[] {
  const filled = (text: string): string =>
    text
      .replaceAll('$__rate_interval', window)
      .replaceAll(/\$(job|instance|route|upstream)\b/g, '.*');
  const { panels, annotations, templating } = dashboard;
  return [
    ...panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({ asker: title, text: filled(expr) })),
    ),
    ...annotations.list.flatMap(({ name, expr }) =>
      expr === undefined ? [] : [{ asker: name, text: filled(expr) }],
    ),
    ...templating.list.flatMap(({ name, type, definition = '' }) =>
      type === 'query' ? [{ asker: `$${name}`, text: filled(valuesQuery(definition)) }] : [],
    ),
  ];
}

/** `label_values(metric, label)` is Grafana's own; the same in Prometheus' language. */
function valuesQuery(definition: string): string {
  const [, metric, label] = /^label_values\((.*), (\w+)\)$/s.exec(definition) ?? [];
  if (metric === undefined) throw new Error(`not label_values: ${definition}`);
  return `group by (${label}) (${metric})`;
}
