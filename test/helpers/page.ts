/** A page of Markdown, and the fenced blocks in it, for tests that hold the page true. */
import { readFileSync } from 'node:fs';

export class Page {
  readonly text: string;

  constructor(file: string) {
    this.text = readFileSync(file, 'utf8');
  }

  /** The blocks of one language, in order, each with its last line break. */
  blocks(language: string): string[] {
    const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
    return [...this.text.matchAll(fence)].map(([, block]) => block!);
  }

  /** The blocks below a line that only names a file in bold, `**`bff/shop.ts`**`, by that name. */
  files(): Map<string, string> {
    const named = /^\*\*`([^`]+)`\*\*\n\n```\w+\n(.*?)^```$/gms;
    return new Map([...this.text.matchAll(named)].map(([, name, block]) => [name!, block!]));
  }

  /** Links to pages and files, relative to this page; `path` is empty for one within it. */
  links(): Link[] {
    const text = this.text.replaceAll(/^```.*?^```$/gms, '').replaceAll(/`[^`\n]*`/g, '');
    return [...text.matchAll(/\]\(([^)#\s]*)(?:#([^)\s]+))?\)/g)].map(([, path, anchor]) => ({
      path: path!,
      anchor,
    }));
  }
}

export interface Link {
  readonly path: string;
  readonly anchor: string | undefined;
}
