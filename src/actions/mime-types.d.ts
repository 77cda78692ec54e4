declare module 'mime-types' {
  interface MimeTypes {
    /** The media type for the extension of a file's name; false for an unknown one. */
    lookup(name: string): string | false;
    /** The usual encoding of texts of this type; false if it is no text. */
    charset(type: string): string | false;
  }
  const mime: MimeTypes;
  export default mime;
}
