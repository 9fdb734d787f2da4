#!/bin/sh
# What the entry point of the official image does: it fills the environment's variables into the
# templates, runs the scripts that an image has added, and becomes the server.
set -eu
variables=$(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/${\1}/p')
for template in /etc/nginx/templates/*.template; do
    [ -e "$template" ] || continue
    name=$(basename "$template" .template)
    envsubst "$variables" < "$template" > "${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}/$name"
done
for script in /docker-entrypoint.d/*.sh; do
    [ -e "$script" ] || continue
    "$script"
done
exec "$@"
