/** Makes lines for people of the JSON lines of the log: one for each request and each event. */
import type { LogOutput } from '../../observe/log.ts';
import { type Colour, colourOfStatus, type Paint, painter } from '../colours.ts';

export interface ReadableOptions {
  /** Default false: no escape codes. */
  readonly isColoured?: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** The message of a difference between an answer and its document. */
export const ANSWERS_DIFFER = 'an upstream does not answer as its document says';

/** What `portico dev` tells by itself, with the lines of the files. */
const TOLD: ReadonlySet<unknown> = new Set([
  ANSWERS_DIFFER,
  'config applied',
  'config rejected: the previous one keeps serving',
]);

const LEVELS: Readonly<Record<string, Colour>> = {
  fatal: 'red',
  error: 'red',
  warn: 'yellow',
  info: 'green',
};

/** Writes to `output` what people can read. */
export function readableOutput(output: LogOutput, options: ReadableOptions): LogOutput {
  const format = readableLines(options);
  return {
    write: (text) => {
      const lines = format(text);
      if (lines !== '') output.write(lines);
    },
    get dropped() {
      return output.dropped;
    },
    end: (ms) => output.end(ms),
  };
}

/** Lines that are not of the log stay as they are. */
export function readableLines({ isColoured = false }: ReadableOptions): (text: string) => string {
  const paint = painter(isColoured);
  return (text) =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => lineOf(line, paint))
      .join('');
}

function lineOf(line: string, paint: Paint): string {
  const fields = parsed(line);
  if (fields === undefined) return `${line}\n`;
  const { time, level, msg } = fields;
  if (TOLD.has(msg)) return '';
  const head = `${paint('grey', clockOf(String(time)))} ${paint(LEVELS[String(level)] ?? 'grey', String(level).padEnd(5))}`;
  const told = msg === 'request' ? ofRequest(fields, paint) : ofEvent(fields, paint);
  return `${head} ${told}\n`;
}

function parsed(line: string): Fields | undefined {
  if (!line.startsWith('{"level":')) return undefined;
  try {
    return JSON.parse(line) as Fields;
  } catch {
    return undefined;
  }
}

/** In the time of this place: `12:31:05.123`. */
function clockOf(time: string): string {
  const date = new Date(time);
  const milliseconds = String(date.getMilliseconds()).padStart(3, '0');
  return `${date.toTimeString().slice(0, 8)}.${milliseconds}`;
}

/** `GET /api/orders/42 → 200  12.3 ms  orders → http://127.0.0.1:4103` */
function ofRequest(fields: Fields, paint: Paint): string {
  const { method, path, status, totalMs, code, cause } = fields;
  const answer = paint(colourOfStatus(Number(status)), String(status));
  const wrong = [code, cause].filter((each) => each !== undefined).map(shown);
  return [
    `${shown(method)} ${shown(path)} → ${answer}`,
    `${shown(totalMs)} ms`,
    `${shown(fields['route'])}${fields['endpoint'] === undefined ? '' : ` ${shown(fields['endpoint'])}`}`,
    ...ofTarget(fields),
    ...callsOf(fields).map(ofCall),
    ...(wrong.length === 0 ? [] : [paint('red', wrong.join(' '))]),
    ...listed(fields, 'degraded'),
  ].join('  ');
}

function ofTarget({ upstream, target }: Fields): string[] {
  if (upstream === undefined) return [];
  return [target === undefined ? shown(upstream) : `${shown(upstream)} (${shown(target)})`];
}

const callsOf = ({ calls }: Fields): readonly Fields[] =>
  Array.isArray(calls) ? (calls as readonly Fields[]) : [];

/** `part=upstream 200 3.1 ms`; the first field is what the call is for. */
function ofCall(call: Fields): string {
  const [name] = Object.values(call);
  const ending = call['status'] ?? call['code'] ?? 'under way';
  const cause = call['cause'] === undefined ? '' : ` ${shown(call['cause'])}`;
  return `${shown(name)}=${shown(call['upstream'])} ${shown(ending)}${cause} ${shown(call['ms'])} ms`;
}

const listed = (fields: Fields, key: string): string[] =>
  fields[key] === undefined ? [] : [`${key}=${shown(fields[key])}`];

/** The message, its fields, and the stack of an error below. */
function ofEvent(
  { level: _level, time: _time, msg, err, ...others }: Fields,
  paint: Paint,
): string {
  const rest = Object.entries(others).map(([key, value]) =>
    paint('grey', `${key}=${shown(value)}`),
  );
  const error = err as Fields | undefined;
  const line = [shown(msg), ...rest].join('  ');
  return error === undefined ? line : `${line}\n${indented(stackOf(error))}`;
}

/** Without the versions of modules that have been imported anew. */
const stackOf = ({ stack, message }: Fields): string =>
  String(stack ?? message).replaceAll(/[?&]portico=\d+(?=:|\))/g, '');

const indented = (stack: string): string =>
  stack
    .split('\n')
    .map((line) => `    ${printable(line)}`)
    .join('\n');

const shown = (value: unknown): string =>
  printable(typeof value === 'string' ? value : JSON.stringify(value));

/** Terminals obey some characters, and clients choose paths. */
const printable = (text: string): string => text.replaceAll(/(?!\t)\p{Cc}/gu, '\u{fffd}');
