/** Which changes let a repeated request be carried out again. */
import type { Loosening, PluginLoosening } from 'portico';
import type { Options, Settings } from './options.ts';

export const loosened: PluginLoosening<Settings, Options> = {
  *ofSettings({ store: before }, { store: after }) {
    if (JSON.stringify(before) === JSON.stringify(after)) return;
    if (after === 'memory') {
      const message = 'each process knows its own keys alone, and forgets them when it ends';
      yield { path: ['store'], message };
      return;
    }
    const isElsewhere =
      typeof before === 'string' ||
      typeof after === 'string' ||
      before.redis !== after.redis ||
      before.prefix !== after.prefix;
    if (!isElsewhere) return;
    const message = 'keys are looked up in another place, where none is known yet';
    yield { path: ['store'], message, severity: 'low' };
  },
  *ofOptions(before, after) {
    if (before === undefined) return;
    if (after === undefined) {
      yield {
        path: [],
        message: 'repeated requests with one Idempotency-Key are carried out again',
      };
    } else yield* ofOptions(before, after);
  },
};

function* ofOptions(before: Options, after: Options): Generator<Loosening> {
  if (before.required && !after.required) {
    yield { path: ['required'], message: 'requests without an Idempotency-Key are served' };
  }
  const gone = before.methods.filter((method) => !after.methods.includes(method));
  if (gone.length > 0) {
    yield { path: ['methods'], message: `keys of ${gone.join(', ')} are no longer heeded` };
  }
  if (before.onUnknown === 'refuse' && after.onUnknown === 'retry') {
    yield { path: ['onUnknown'], message: 'requests whose outcome is not known are sent again' };
  }
  if (before.onError === 'refuse' && after.onError === 'allow') {
    yield { path: ['onError'], message: 'while the store is away, keys are not heeded' };
  }
  if (after.keep < before.keep) {
    const message = 'keys are forgotten earlier, and may then be used again';
    yield { path: ['keep'], message, severity: 'low' };
  }
}
