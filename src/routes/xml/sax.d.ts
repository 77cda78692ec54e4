declare module 'sax' {
  export interface Tag {
    readonly name: string;
    readonly attributes: Readonly<Record<string, string>>;
  }
  interface Parser {
    write(text: string): Parser;
    close(): Parser;
  }
  interface Sax {
    /** Strict: XML as it is specified. */
    parser(
      this: void,
      isStrict: true,
      options: { readonly strictEntities: boolean; readonly position: false },
    ): Parser;
  }
  const sax: Sax;
  export default sax;
}
