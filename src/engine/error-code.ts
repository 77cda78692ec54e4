/** The code of an error, or of what caused it: all that may be told of a store's troubles outside of the log. */

/** `ECONNREFUSED`, `28P01`; `undefined` if there is none. */
export function codeOf(error: unknown): string | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code } = each as { readonly code?: unknown };
    if (typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code)) return code;
  }
  return undefined;
}
