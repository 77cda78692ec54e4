/** The config as plain values, before they are checked. */
export type Tree = Record<string, unknown>;

export const isMap = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
