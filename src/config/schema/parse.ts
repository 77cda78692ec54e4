/**
 * Parses a tree by the config's schema. Upstreams and routes are parsed one by one, because there may be ten thousand,
 * and so that a wrong one does not hide the others.
 */
import type { z } from 'zod';
import type { Slices } from '../../core/slices.ts';
import { isMap, type Tree } from '../yaml/tree.ts';
import type { ConfigSchema, ParsedConfig, ParsedRoute } from './schema.ts';

export interface Parsed {
  /** Absent where something does not fit. */
  readonly data?: ParsedConfig;
  readonly issues: readonly z.core.$ZodIssue[];
  /** What a schema of a plugin threw: which one, its own check says. */
  readonly thrown?: unknown;
  /** Routes that fit, by their names. */
  readonly routes: ReadonlyMap<string, ParsedRoute>;
}

export async function parseConfig(
  schema: ConfigSchema,
  tree: Tree,
  slices: Slices,
): Promise<Parsed> {
  try {
    return await parse(schema, tree, slices);
  } catch (thrown) {
    return { issues: [], thrown, routes: new Map() };
  }
}

async function parse(schema: ConfigSchema, tree: Tree, slices: Slices): Promise<Parsed> {
  const rest = { ...tree };
  for (const name of SECTIONS) if (isMap(rest[name])) rest[name] = {};
  const whole = schema.safeParse(rest);
  const issues: z.core.$ZodIssue[] = whole.success ? [] : [...whole.error.issues];
  const sections: Pick<ParsedConfig, Section> = { upstreams: {}, routes: {} };
  for (const name of SECTIONS) {
    const section = tree[name];
    if (!isMap(section)) continue;
    const members = schema.shape[name];
    for (const [key, value] of Object.entries(section)) {
      const parsed = members.safeParse({ [key]: value });
      if (parsed.success) Object.assign(sections[name], parsed.data);
      else issues.push(...parsed.error.issues.map((issue) => below(name, issue)));
      await slices.pause();
    }
  }
  const routes = new Map(Object.entries(sections.routes));
  if (!whole.success || issues.length > 0) return { issues, routes };
  return { data: { ...whole.data, ...sections }, issues, routes };
}

/** What may have many members. */
const SECTIONS = ['upstreams', 'routes'] as const;
type Section = (typeof SECTIONS)[number];

const below = (section: Section, issue: z.core.$ZodIssue): z.core.$ZodIssue => ({
  ...issue,
  path: [section, ...issue.path],
});
