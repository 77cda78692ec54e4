/** Fields with a hash of the bytes, which is wrong once these are changed (RFC 9530; RFC 3230 and RFC 1864 before it). */
export const DIGESTS = ['content-digest', 'repr-digest', 'digest', 'content-md5'] as const;
