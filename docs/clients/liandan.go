// Sign an event, upload it, and read its receipt. Go 1.19 or newer, nothing to install.
// LIANDAN_URL=http://127.0.0.1:8371 LIANDAN_LOG=liandan.example/demo-linyi LIANDAN_KEY=acme.pem go run liandan.go < event.json
package main

import ("crypto/ed25519"; "crypto/sha256"; "crypto/x509"; "encoding/base64"; "encoding/json"; "encoding/pem"; "fmt"; "io"; "log"; "net/http"; "os"; "strings"; "time")

var b64, key, kid = base64.RawURLEncoding.EncodeToString, ed25519.PrivateKey(nil), ""

func must[T any](value T, err error) T { if err != nil { log.Fatal(err) }; return value }

func sign(typ string, payload []byte) string {
	signed := b64([]byte(fmt.Sprintf(`{"alg":"EdDSA","kid":"%s","typ":"%s"}`, kid, typ))) + "." + b64(payload)
	return signed + "." + b64(ed25519.Sign(key, []byte(signed)))
}

func call(method, path, body, token string) (receipt struct{ Id string `json:"event_id"`; Index uint64 }) {
	request := must(http.NewRequest(method, os.Getenv("LIANDAN_URL")+path, strings.NewReader(body)))
	request.Header.Set("Authorization", "Bearer "+token)
	answer := must(http.DefaultClient.Do(request))
	text := must(io.ReadAll(answer.Body))
	if answer.StatusCode >= 300 { log.Fatal(string(text)) } // A problem: errors with pointer, zh and en.
	if err := json.Unmarshal(text, &receipt); err != nil { log.Fatal(err) }
	return receipt
}

func main() {
	block, _ := pem.Decode(must(os.ReadFile(os.Getenv("LIANDAN_KEY"))))
	key = must(x509.ParsePKCS8PrivateKey(block.Bytes)).(ed25519.PrivateKey)
	thumb := sha256.Sum256([]byte(fmt.Sprintf(`{"crv":"Ed25519","kty":"OKP","x":"%s"}`, b64(key.Public().(ed25519.PublicKey)))))
	kid = b64(thumb[:])
	receipt, now := call("POST", "/api/v1/events", sign("waste-event+jws", must(io.ReadAll(os.Stdin))), ""), time.Now()
	claims := fmt.Sprintf(`{"aud":"%s","iat":%d,"exp":%d,"jti":"%d"}`, os.Getenv("LIANDAN_LOG"), now.Unix(), now.Unix()+60, now.UnixNano())
	again := call("GET", "/api/v1/events/"+receipt.Id+"/receipt", "", sign("waste-token+jws", []byte(claims)))
	fmt.Printf("%s is entry %d\n", again.Id, again.Index)
}
