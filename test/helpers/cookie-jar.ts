/** The cookies of one browser at one origin, by name: enough to sign in. */
export class CookieJar {
  readonly #cookies = new Map<string, string>();

  /** The value of `Cookie`. */
  get header(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** Keeps what the answer sets; their attributes do not matter here. */
  take(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=;]+)=([^;]*)/.exec(line)!;
      this.#cookies.set(name!, value!);
    }
  }
}
