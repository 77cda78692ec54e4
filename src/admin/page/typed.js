/** What was typed into the fields of a form. */

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 * @returns {string}  empty, too, where there is no such field
 */
export function typed(form, name) {
  const value = new FormData(form).get(name);
  return typeof value === 'string' ? value : '';
}
