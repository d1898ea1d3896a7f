#!/bin/sh
# `worker` and `starter` are the two programs of this image; anything else runs as it is written.
# exec hands over the process, so that the engine's SIGTERM reaches Python itself.
set -eu

# The addresses for notices hold tokens: they may come as a file, as secrets do.
if [ -n "${UNRACK_NOTIFY_URLS_FILE:-}" ]; then
    UNRACK_NOTIFY_URLS=$(cat "$UNRACK_NOTIFY_URLS_FILE")
    export UNRACK_NOTIFY_URLS
fi

if [ -n "${UNRACK_TELL_MAIL_FILE:-}" ]; then
    UNRACK_TELL_MAIL=$(cat "$UNRACK_TELL_MAIL_FILE")
    export UNRACK_TELL_MAIL
fi

case "${1:-}" in
    worker | starter)
        program=$1
        shift
        exec python "/app/$program.py" "$@"
        ;;
    *) exec "$@" ;;
esac
