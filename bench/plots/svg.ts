/** The few elements of SVG that the plots are made of, in colours that suit a light and a dark page. */

/** What a mark stands for; each has a colour of its own. */
export type Kind = 'portico' | 'floor' | 'other';

/** Floors are what is aimed at, Portico is what is judged, and everything else is for comparison. */
export function kindOf(name: string): Kind {
  if (name.startsWith('portico-')) return 'portico';
  return name === 'floor' || name.startsWith('floor-') ? 'floor' : 'other';
}

export interface Picture {
  readonly title: string;
  /** How it was measured. */
  readonly subtitle: string;
  readonly width: number;
  readonly height: number;
  readonly elements: readonly string[];
}

// A page shows the picture as an image, so it cannot hand its own colours in.
const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-size: 16px; font-weight: 600; }
.quiet { font-size: 12px; fill: #59636e; }
.grid { stroke: #d1d9e0; }
.one { stroke: #59636e; stroke-dasharray: 3 3; }
.whisker { stroke: #1f2328; stroke-width: 1.5; }
.portico { fill: #2563c9; stroke: #2563c9; }
.floor { fill: #8c959f; stroke: #8c959f; }
.other { fill: #b8862b; stroke: #b8862b; }
.hollow { fill: none; stroke-width: 2; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; }
  .quiet { fill: #9198a1; }
  .grid { stroke: #3d444d; }
  .one { stroke: #9198a1; }
  .whisker { stroke: #f0f6fc; }
  .portico { fill: #5b93f0; stroke: #5b93f0; }
  .floor { fill: #6e7681; stroke: #6e7681; }
  .other { fill: #d0a24c; stroke: #d0a24c; }
  .hollow { fill: none; }
}`;

/** A whole file. */
export function svg({ title, subtitle, width, height, elements }: Picture): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}\n</style>`,
    text(16, 26, title, 'title'),
    text(16, 46, subtitle, 'quiet'),
    ...elements,
    '</svg>',
    '',
  ].join('\n');
}

export const text = (
  x: number,
  y: number,
  content: string,
  style = '',
  anchor: 'start' | 'middle' | 'end' = 'start',
): string =>
  `<text x="${round(x)}" y="${round(y)}" class="${style}" text-anchor="${anchor}">${escaped(content)}</text>`;

export const line = (x1: number, y1: number, x2: number, y2: number, style: string): string =>
  `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${style}"/>`;

export const bar = (x: number, y: number, width: number, height: number, style: string): string =>
  `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" class="${style}"/>`;

export const dot = (x: number, y: number, radius: number, style: string): string =>
  `<circle cx="${round(x)}" cy="${round(y)}" r="${radius}" class="${style}"/>`;

const round = (value: number): string => String(Math.round(value * 10) / 10);

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const escaped = (content: string): string =>
  content.replaceAll(/[&<>]/g, (each) => ENTITIES[each]!);
