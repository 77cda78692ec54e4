/** The operator's token: kept for this tab alone, and sent to this gateway alone. */

/**
 * @typedef Token
 * @property {string} value  empty: none was given
 * @property {(value: string) => void} set
 * @property {() => void} forget
 */

const KEY = 'portico-admin-token';

/**
 * @param {Storage} storage  that of the tab; where it is forbidden, the token lasts as long as the page
 * @returns {Token}
 */
export function keptToken(storage) {
  let value = attempt(() => storage.getItem(KEY)) ?? '';
  return {
    get value() {
      return value;
    },
    set(given) {
      value = given;
      attempt(() => storage.setItem(KEY, given));
    },
    forget() {
      value = '';
      attempt(() => storage.removeItem(KEY));
    },
  };
}

/**
 * @template T
 * @param {() => T} action
 * @returns {T | undefined}
 */
function attempt(action) {
  try {
    return action();
  } catch {
    return undefined;
  }
}
