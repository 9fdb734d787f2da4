# Two images from one source:
#   docker build --target api --tag store-platform/api:0.1.0 .
#   docker build --target dashboard --tag store-platform/dashboard:0.1.0 .
# Without Docker, app/local/images carries out what stands here: `python -m app.local.images store-platform`.
# Neither runs as root or writes anywhere but to the volumes that the chart gives it.
# The bases, each of which a build may take from a mirror, and by the digest that was looked at:
#   docker build --build-arg PYTHON_IMAGE=docker.io/library/python:3.11.14-slim-bookworm@sha256:… …
ARG NODE_IMAGE=docker.io/library/node:22.23.3-bookworm-slim
ARG GO_IMAGE=docker.io/library/golang:1.26.5-bookworm
ARG PYTHON_IMAGE=docker.io/library/python:3.11.14-slim-bookworm
ARG NGINX_IMAGE=docker.io/nginxinc/nginx-unprivileged:1.28.0-alpine-slim

FROM ${NODE_IMAGE} AS pages
WORKDIR /src/dashboard
COPY dashboard/package.json dashboard/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY schema/schema.graphql ../schema/
COPY dashboard ./
RUN npm run build

# The helm that the tests run: its module, with everything that it needs, is pinned by checksum.
FROM ${GO_IMAGE} AS helm
WORKDIR /src
COPY app/local/cluster/go/helm ./
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /helm helm.sh/helm/v4/cmd/helm \
    && go clean -cache -modcache

FROM ${PYTHON_IMAGE} AS packages
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/packages \
    && /opt/packages/bin/pip install --no-cache-dir --require-hashes --only-binary :all: \
        --requirement requirements.lock

FROM ${PYTHON_IMAGE} AS api
ENV PATH=/opt/packages/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STORE_PLATFORM_HOST=:: \
    STORE_PLATFORM_PORT=8080 \
    STORE_PLATFORM_STATE_DIR=/var/lib/store-platform/state \
    STORE_PLATFORM_DATABASE_URL=sqlite:////var/lib/store-platform/platform.db
WORKDIR /srv/store-platform
COPY --from=helm /helm /usr/local/bin/helm
COPY --from=packages /opt/packages /opt/packages
COPY --from=pages /src/dashboard/dist dashboard/dist
COPY charts charts
COPY schema schema
COPY provisioner provisioner
COPY resolvers resolvers
COPY app app
RUN python -m compileall -q app resolvers provisioner schema \
    && install --directory --owner 10001 --group 10001 --mode 700 /var/lib/store-platform
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=20s --timeout=10s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"STORE_PLATFORM_PORT\"]}/livez', timeout=5)"]
ENTRYPOINT ["python", "-m", "app"]
CMD ["serve"]

FROM ${NGINX_IMAGE} AS dashboard
# CONNECT_TO: the origin of an issuer that people sign in with, such as https://id.example.com.
# STRICT_TRANSPORT: the value of Strict-Transport-Security, which is not sent if empty.
# REDIRECT_TO_TLS: true redirects what came to the proxy in front without TLS.
# GRAPHIQL: true serves the GraphiQL page.
ENV CONNECT_TO="" \
    STRICT_TRANSPORT="" \
    REDIRECT_TO_TLS="" \
    GRAPHIQL=true \
    NGINX_ENVSUBST_OUTPUT_DIR=/tmp \
    NGINX_ENTRYPOINT_QUIET_LOGS=1
COPY dashboard/nginx/nginx.conf /etc/nginx/nginx.conf
COPY dashboard/nginx/headers.conf.template /etc/nginx/templates/headers.conf.template
COPY dashboard/nginx/switches.conf.template /etc/nginx/templates/switches.conf.template
COPY dashboard/nginx/listen.sh /docker-entrypoint.d/15-listen.sh
COPY --from=pages /src/dashboard/dist /usr/share/nginx/html
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=20s --timeout=5s \
    CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/healthz"]
