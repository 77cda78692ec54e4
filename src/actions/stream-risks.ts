/** What an audit says of routes that hold connections open, and a diff of their changes. */
import type { ActionLoosening, ActionRisks } from '../config/actions.ts';
import { formatDuration, formatSize } from '../config/schema/units.ts';
import type { StreamConfig } from '../routes/answer-stream.ts';
import type { WebsocketConfig } from '../routes/websocket.ts';

/** The part of an action that the rules are about. */
interface Streaming {
  readonly kind: string;
  readonly websocket?: WebsocketConfig;
  readonly stream?: StreamConfig;
  readonly overrides?: { readonly streamIdleMs?: number };
}

const ALL = 'a single client may hold all of the upstream\'s "sockets": give it "perConsumer"';

export const streamRisks: ActionRisks<Streaming> = {
  rules: { 'socket-outlives-token': 'medium', 'streams-without-limit': 'low' },
  *find({ websocket, stream }) {
    if (websocket !== undefined && !websocket.endsWithToken) {
      const message = 'sockets stay open after the token has expired that opened them';
      yield { rule: 'socket-outlives-token', path: ['websocket', 'expire'], message };
    }
    for (const [key, config] of Object.entries({ websocket, stream })) {
      if (config === undefined || config.perConsumer !== undefined) continue;
      yield { rule: 'streams-without-limit', path: [key], message: ALL };
    }
  },
};

/** What `now` admits that `before` refused. */
export function* streamLoosenings(before: Streaming, now: Streaming): Generator<ActionLoosening> {
  if (now.websocket !== undefined) yield* socketLoosenings(before.websocket, now.websocket);
  const [old, own] = [before, now].map(({ stream, overrides }) => ({
    ...stream,
    idleMs: overrides?.streamIdleMs,
  }));
  yield* ofConsumer(['stream', 'perConsumer'], old!.perConsumer, own!.perConsumer);
  yield* ofLimit(['stream', 'maxAge'], 'streams may last', [old!.maxAgeMs, own!.maxAgeMs]);
  yield* raised(['stream', 'idle'], 'streams may be silent', [old!.idleMs, own!.idleMs]);
}

function* socketLoosenings(
  before: WebsocketConfig | undefined,
  now: WebsocketConfig,
): Generator<ActionLoosening> {
  if (before === undefined) {
    const message = 'clients may open WebSockets';
    yield { rule: 'loosened', severity: 'low', path: ['websocket'], message };
    return;
  }
  yield* originsLoosened(before.origins, now.origins);
  if (before.endsWithToken && !now.endsWithToken) {
    const message = 'sockets stay open after the token has expired that opened them';
    yield { rule: 'loosened', severity: 'medium', path: ['websocket', 'expire'], message };
  }
  yield* ofConsumer(['websocket', 'perConsumer'], before.perConsumer, now.perConsumer);
  const silent = [before.idleMs, now.idleMs] as const;
  yield* raised(['websocket', 'idle'], 'sockets may be silent', silent);
  const [least, most] = [before.maxPayloadBytes, now.maxPayloadBytes];
  if (most > least) {
    const message = `messages may have ${formatSize(most)}; before, ${formatSize(least)}`;
    yield { rule: 'limit-raised', severity: 'low', path: ['websocket', 'maxPayload'], message };
  }
}

/** Without a list, pages of other origins may open none with a cookie, and any without. */
function* originsLoosened(
  before: readonly string[] | undefined,
  now: readonly string[] | undefined,
): Generator<ActionLoosening> {
  const added = now?.filter((origin) => before?.includes(origin) !== true) ?? [];
  const who =
    now === undefined && before !== undefined
      ? 'pages of any origin may open sockets without a cookie'
      : added.length > 0
        ? `pages of ${added.join(', ')} may open sockets, as the user whose cookie comes along`
        : undefined;
  if (who === undefined) return;
  yield { rule: 'loosened', severity: 'medium', path: ['websocket', 'origins'], message: who };
}

type Limits = readonly [before: number | undefined, now: number | undefined];

function* ofConsumer(
  path: readonly string[],
  before: number | undefined,
  now: number | undefined,
): Generator<ActionLoosening> {
  if (before === undefined || before === now) return;
  if (now === undefined) {
    yield { rule: 'limit-removed', severity: 'medium', path, message: ALL };
  } else if (now > before) {
    const message = `a client may have ${now} open; before, ${before}`;
    yield { rule: 'limit-raised', severity: 'low', path, message };
  }
}

function* ofLimit(
  path: readonly string[],
  what: string,
  [before, now]: Limits,
): Generator<ActionLoosening> {
  if (before !== undefined && now === undefined) {
    const message = `${what} as long as both sides like; before, ${formatDuration(before)}`;
    yield { rule: 'limit-removed', severity: 'medium', path, message };
  } else yield* raised(path, what, [before, now]);
}

function* raised(
  path: readonly string[],
  what: string,
  [before, now]: Limits,
): Generator<ActionLoosening> {
  if (before === undefined || now === undefined || now <= before) return;
  const message = `${what} for ${formatDuration(now)}; before, ${formatDuration(before)}`;
  yield { rule: 'limit-raised', severity: 'low', path, message };
}
