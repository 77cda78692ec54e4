/** `portico schema`: the JSON Schema of the config, with the options of the plugins it names. */
import { writeFileSync } from 'node:fs';
import { jsonSchema } from '../config/json-schema.ts';
import { readSource } from '../config/source.ts';
import { loadModules } from '../modules.ts';
import { EXIT, type Terminal } from './terminal.ts';

export async function schema(file: string, out: string, terminal: Terminal): Promise<number> {
  const source = readSource(file, terminal.environment);
  const { plugins, findings } = await loadModules(source);
  for (const { message, path } of findings) terminal.err(`${path.join('.')}: ${message}`);
  const text = `${JSON.stringify(jsonSchema(plugins), undefined, 2)}\n`;
  if (out === '-') terminal.out(text.trimEnd());
  else {
    writeFileSync(out, text);
    terminal.out(`wrote ${out}`);
  }
  return findings.length === 0 ? EXIT.ok : EXIT.failed;
}
