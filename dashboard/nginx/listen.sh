#!/bin/sh
# Run by the base image's entry point: listens on IPv6 too where the machine has it, and on IPv4.
set -eu
{
    echo "listen 8080;"
    if [ -e /proc/net/if_inet6 ]; then
        echo "listen [::]:8080;"
    fi
} > /tmp/listen.conf
