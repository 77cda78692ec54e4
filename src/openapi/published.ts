/** The documents that routes publish, ready to be sent. They are written once all routes are built. */
export interface Published {
  readonly document: Sendable;
  /** The reference page; absent where the route has none. */
  readonly page?: Sendable;
}

export interface Sendable {
  readonly bytes: Buffer;
  readonly type: string;
  /** Strong, in quotes. */
  readonly etag: string;
  /** Further fields. */
  readonly headers: Readonly<Record<string, string>>;
}

export class PublishedDocuments {
  readonly #byRoute = new Map<string, Published>();

  set(route: string, published: Published): void {
    this.#byRoute.set(route, published);
  }

  /** @throws {TypeError} before it is written */
  of(route: string): Published {
    const found = this.#byRoute.get(route);
    if (found === undefined) throw new TypeError(`the document of ${route} is not written yet`);
    return found;
  }
}
