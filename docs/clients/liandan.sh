#!/usr/bin/env bash
# Sign an event, upload it, and read its receipt. curl, and OpenSSL 3.
# LIANDAN_URL=http://127.0.0.1:8371 LIANDAN_LOG=liandan.example/demo-linyi LIANDAN_KEY=acme.pem bash liandan.sh < event.json
set -euo pipefail

b64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

x=$(openssl pkey -in "$LIANDAN_KEY" -pubout -outform DER | tail -c 32 | b64)
kid=$(printf '{"crv":"Ed25519","kty":"OKP","x":"%s"}' "$x" | openssl dgst -sha256 -binary | b64)

# sign TYP: the payload on standard input as a compact JWS.
sign() {
    local signed input
    signed="$(printf '{"alg":"EdDSA","kid":"%s","typ":"%s"}' "$kid" "$1" | b64).$(b64)"
    input=$(mktemp)
    printf '%s' "$signed" > "$input"
    printf '%s.%s' "$signed" "$(openssl pkeyutl -sign -rawin -inkey "$LIANDAN_KEY" -in "$input" | b64)"
    rm -f "$input"
}

# ask CURL-ARGUMENT…: an answer that is no receipt is a problem, errors with pointer, zh and en, and is shown as it is.
ask() { curl --silent --show-error --fail-with-body "$@" || { echo >&2; exit 1; }; }

# member NAME: a text or number of a JSON object.
member() { grep -oE "\"$1\": ?\"?[^\",}]*" | head -n 1 | sed -E 's/^[^:]*: ?"?//'; }

receipt=$(sign waste-event+jws | ask --data-binary @- "$LIANDAN_URL/api/v1/events")
now=$(date +%s)
claims=$(printf '{"aud":"%s","iat":%d,"exp":%d,"jti":"%s"}' "$LIANDAN_LOG" "$now" $((now + 60)) "$(openssl rand -hex 16)")
token=$(printf '%s' "$claims" | sign waste-token+jws)
again=$(ask --oauth2-bearer "$token" "$LIANDAN_URL/api/v1/events/$(member event_id <<< "$receipt")/receipt")
echo "$(member event_id <<< "$again") is entry $(member index <<< "$again")"
