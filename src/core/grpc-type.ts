/** The media type of gRPC. */

const GRPC = /^application\/grpc(?:\+[^;\s]*)?\s*(?:;|$)/i;

/** Is `type` `application/grpc` or, for example, `application/grpc+proto`? `application/grpc-web` is neither. */
export const isGrpc = (type: unknown): boolean => typeof type === 'string' && GRPC.test(type);
