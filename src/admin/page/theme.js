/** Light or dark: as the system has it, until somebody chooses. */

const KEY = 'portico-theme';
/** @typedef {'light' | 'dark'} Theme */

const system = matchMedia('(prefers-color-scheme: dark)');

/** @returns {Theme} */
export function theme() {
  const chosen = document.documentElement.dataset['theme'];
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return system.matches ? 'dark' : 'light';
}

/**
 * @param {Storage} storage
 * @param {() => void} onChange
 */
export function followTheme(storage, onChange) {
  const stored = storage.getItem(KEY);
  if (stored === 'light' || stored === 'dark') choose(stored);
  system.addEventListener('change', onChange);
}

/** @param {Storage} storage */
export function toggleTheme(storage) {
  const next = theme() === 'dark' ? 'light' : 'dark';
  storage.setItem(KEY, next);
  choose(next);
}

/** @param {Theme} chosen */
function choose(chosen) {
  document.documentElement.dataset['theme'] = chosen;
}

/**
 * A colour of style/theme.css at present, as a canvas reads it: there it may be a pair, one for light and one for dark.
 *
 * @param {string} name
 */
export function colour(name) {
  const probe = document.body.appendChild(document.createElement('span'));
  probe.style.color = `var(--${name})`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
