/** Whether `Cache-Control` has a directive (RFC 9111 §5.2), in any case, with an argument or without. */
export const hasDirective = (
  field: string | readonly string[] | undefined,
  directive: string,
): boolean =>
  field !== undefined &&
  String(field)
    .toLowerCase()
    .split(',')
    .some((each) => each.split('=', 1)[0]!.trim() === directive);
