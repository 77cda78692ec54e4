/** The config as plain values, before anybody knows whether they are what they should be. */
export type Tree = Record<string, unknown>;

export const isMap = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
