declare module 'sax' {
  interface Tag {
    readonly name: string;
    readonly attributes: Readonly<Record<string, string>>;
  }
  interface Parser {
    onopentag: (tag: Tag) => void;
    onclosetag: (name: string) => void;
    ontext: (text: string) => void;
    oncdata: (text: string) => void;
    ondoctype: (text: string) => void;
    onerror: (error: Error) => void;
    write(text: string): Parser;
    close(): Parser;
  }
  interface Sax {
    /** Strict: XML as it is specified. */
    parser(
      isStrict: true,
      options: { readonly strictEntities: boolean; readonly position: false },
    ): Parser;
  }
  const sax: Sax;
  export default sax;
}
