/** Quality values of `Accept` fields: 0 to 1, with three digits at most (RFC 9110 §12.4.2). A pattern with one group. */
export const QUALITY_PATTERN = String.raw`(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)`;
