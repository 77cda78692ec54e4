/**
 * `node:http`, got without an `import`: that would read all of its exports, among them `WebSocket`, for which
 * Node compiles the undici of its own. It takes a tenth of a start and 2 MiB, and the gateway uses neither.
 */
export const http = process.getBuiltinModule('node:http');
