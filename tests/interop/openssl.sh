#!/bin/sh
# Verifies every signature of a folder with the openssl command line, one process each.
#
# openssl.sh FOLDER   where FOLDER/KEY/NAME.input was signed as FOLDER/KEY/NAME.sig by the key FOLDER/KEY/key.pem
#
# Prints `no signature NAME` for each that does not verify, then `checked signatures=N`.
set -eu
folder=$1

verify='
for input; do
    from=${input%.input}
    openssl pkeyutl -verify -rawin -pubin -inkey "${input%/*}/key.pem" -in "$input" -sigfile "$from.sig" >/dev/null 2>&1 ||
        echo "no signature ${from##*/}"
done'

find "$folder" -name "*.input" -print0 | xargs -0 -P "$(nproc)" -n 64 sh -c "$verify" sh
echo "checked signatures=$(find "$folder" -name "*.input" | wc -l)"
