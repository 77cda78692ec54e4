/** The media types of gRPC. */

const GRPC = /^application\/grpc(?:\+[^;\s]*)?\s*(?:;|$)/i;

/** Is `type` `application/grpc` or, for example, `application/grpc+proto`? `application/grpc-web` is neither. */
export const isGrpc = (type: unknown): boolean => typeof type === 'string' && GRPC.test(type);

/** Is `type` that of gRPC or of gRPC-Web, which share their messages? */
export const isGrpcFamily = (type: string | undefined): boolean =>
  type !== undefined && /^application\/grpc/i.test(type);
