// Sign an event, upload it, and read its receipt. .NET 8 with the package BouncyCastle.Cryptography, as a console project.
// LIANDAN_URL=http://127.0.0.1:8371 LIANDAN_LOG=liandan.example/demo-linyi LIANDAN_KEY=acme.pem dotnet run < event.json
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.OpenSsl;

string Setting(string name) => Environment.GetEnvironmentVariable("LIANDAN_" + name)!;
string B64(byte[] data) => Convert.ToBase64String(data).TrimEnd('=').Replace('+', '-').Replace('/', '_');
byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
var key = (Ed25519PrivateKeyParameters)new PemReader(File.OpenText(Setting("KEY"))).ReadObject();
var x = B64(key.GeneratePublicKey().GetEncoded());
var kid = B64(SHA256.HashData(Utf8($"{{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"{x}\"}}")));

string Sign(string typ, byte[] payload) {
    var signed = B64(Utf8(JsonSerializer.Serialize(new { alg = "EdDSA", kid, typ }))) + "." + B64(payload);
    var signer = new Ed25519Signer();
    signer.Init(true, key);
    signer.BlockUpdate(Utf8(signed), 0, signed.Length);
    return signed + "." + B64(signer.GenerateSignature());
}

var http = new HttpClient { BaseAddress = new Uri(Setting("URL")) };
async Task<JsonElement> Receipt(HttpResponseMessage answer) {
    var text = await answer.Content.ReadAsStringAsync();
    if (!answer.IsSuccessStatusCode) throw new Exception(text); // A problem: errors with pointer, zh and en.
    return JsonDocument.Parse(text).RootElement;
}

var input = Utf8(Console.In.ReadToEnd());
var receipt = await Receipt(await http.PostAsync("/api/v1/events", new StringContent(Sign("waste-event+jws", input))));
var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
var claims = JsonSerializer.Serialize(new { aud = Setting("LOG"), iat = now, exp = now + 60, jti = Guid.NewGuid().ToString() });
http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Sign("waste-token+jws", Utf8(claims)));
var again = await Receipt(await http.GetAsync($"/api/v1/events/{receipt.GetProperty("event_id").GetString()}/receipt"));
Console.WriteLine($"{again.GetProperty("event_id").GetString()} is entry {again.GetProperty("index").GetUInt64()}");
