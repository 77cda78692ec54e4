/** Sockets to the upstream, the same for every contestant; the YAML files repeat the number. */
export const UPSTREAM_CONNECTIONS = 128;
