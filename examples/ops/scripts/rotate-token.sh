#!/bin/sh
set -eu
umask 077
if [ "$(cat "$FILE" 2>/dev/null)" = "$TOKEN" ]; then
    echo "$FILE is up to date"
    exit
fi
printf '%s\n' "$TOKEN" >"$FILE.new"
mv "$FILE.new" "$FILE"
echo "$FILE was renewed"
