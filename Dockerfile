# The gateway, with the demo shop's config as its default:
#
#   docker build --tag portico .
#   docker run --read-only --publish 8080:8080 --publish 127.0.0.1:9901:9901 \
#     --volume ./my-gateway:/etc/portico:ro portico
#
# The mounted folder, readable for user 1000, holds gateway.config.yaml and the TypeScript plugins and
# BFFs that it names. Node runs them as they are; `portico` in them is this image's gateway, and other
# packages are looked up in a node_modules of that folder. Let your config listen where HOST, PORT,
# ADMIN_HOST and ADMIN_PORT say, as the default one does, or on 0.0.0.0; the health check uses ADMIN_PORT.
#
# An image of your own starts `FROM portico`: `portico init` writes its Dockerfile (docs/container.md).
#
# `docker run portico validate --config FILE` runs another command. `docker stop` waits 10 s: pass
# a --time above `server.shutdown` (delay + grace).
ARG BASE=node:26-bookworm-slim

FROM ${BASE} AS build
# npm calls the list of packages after this folder.
WORKDIR /portico
COPY package.json package-lock.json .npmrc ./
# The one install script that matters here fetches a Node, and the base has one.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
# With `--omit`, npm leaves packages out of its list that a dev dependency could use too: it lists what is left instead.
# The modes of a checkout depend on its owner's umask, but the gateway runs as another user.
RUN npm run build \
  && npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund \
  && cp package.json whole.json \
  && npm pkg delete devDependencies optionalDependencies \
  && npm sbom --sbom-format=cyclonedx --sbom-type=application >sbom.cdx.json \
  && mv whole.json package.json \
  && chmod -R a+rX .

FROM ${BASE}
# Node's own images have this user, with this number.
RUN id node >/dev/null 2>&1 \
  || useradd --uid 1000 --user-group --no-create-home --shell /usr/sbin/nologin node
WORKDIR /app
# What the image holds besides its base is listed in sbom.cdx.json, with licences; their texts are beside each package.
COPY --from=build /portico/LICENSE /portico/package.json /portico/sbom.cdx.json ./
COPY --from=build /portico/node_modules node_modules
COPY --from=build /portico/dist dist
COPY --from=build /portico/templates templates
COPY --from=build /portico/gateway.config.yaml /portico/gateway.schema.jso[n] /etc/portico/
COPY --from=build /portico/bff /etc/portico/bff
COPY --from=build /portico/openapi /etc/portico/openapi
# What V8 compiles is kept, as the user of the gateway, whose number V8 asks for: a start takes four fifths of
# the time. Afterwards nobody can change it. With flags of V8 in NODE_OPTIONS, V8 compiles everything anew.
RUN mkdir dist/compile-cache \
  && chown 1000:1000 dist/compile-cache \
  && setpriv --reuid=1000 --regid=1000 --clear-groups \
    node dist/src/cli/warm-up.js /etc/portico/gateway.config.yaml \
  && chown -R root:root dist/compile-cache
# Beyond the container's own loopback: the ports are published, and the probes come from outside.
ENV NODE_ENV=production HOST=0.0.0.0 ADMIN_HOST=0.0.0.0
EXPOSE 8080 9901
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.ADMIN_PORT || 9901}/livez`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# As a number, so that Kubernetes can see that it is not root.
USER 1000:1000
# In exec form: a shell in between would keep the signals for itself.
ENTRYPOINT ["node", "dist/src/main.js"]
CMD ["start", "--config", "/etc/portico/gateway.config.yaml"]
