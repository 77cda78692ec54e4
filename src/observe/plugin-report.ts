/** What a plugin says of something that it depends on, as `/status` has it. */
export interface PluginReport {
  /** The plugin's key. */
  readonly plugin: string;
  /** What it is: `redis`, `key set`. */
  readonly kind: string;
  /** Which one: an address or a URL, without user information and query. */
  readonly name: string;
  readonly ok: boolean;
  /** Since when it has been `ok`, or has not, in ISO 8601. */
  readonly since?: string;
  readonly lastError?: { readonly at: string; readonly why: string };
  /** More of it, such as `{ "keys": 2, "ageSeconds": 40 }`. */
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}
