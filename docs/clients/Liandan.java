// Sign an event, upload it, and read its receipt. Java 17 or newer, nothing to install. LIANDAN_KID is what `liandan keygen` prints.
// LIANDAN_URL=http://127.0.0.1:8371 LIANDAN_LOG=liandan.example/demo-linyi LIANDAN_KEY=acme.pem LIANDAN_KID=… java Liandan.java < event.json
import java.net.URI;
import java.net.http.*;
import java.nio.file.*;
import java.security.*;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.*;

class Liandan {
    static String sign(String typ, byte[] payload) throws Exception {
        var pem = Files.readString(Path.of(System.getenv("LIANDAN_KEY"))).replaceAll("-----[^-]*-----|\\s", "");
        var b64 = Base64.getUrlEncoder().withoutPadding();
        String header = "{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"%s\"}".formatted(System.getenv("LIANDAN_KID"), typ);
        String signed = b64.encodeToString(header.getBytes()) + "." + b64.encodeToString(payload);
        var ed25519 = Signature.getInstance("Ed25519");
        ed25519.initSign(KeyFactory.getInstance("Ed25519").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem))));
        ed25519.update(signed.getBytes());
        return signed + "." + b64.encodeToString(ed25519.sign());
    }

    static String call(HttpRequest.Builder request, String path) throws Exception {
        var asked = request.uri(URI.create(System.getenv("LIANDAN_URL") + path)).build();
        var answer = HttpClient.newHttpClient().send(asked, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() >= 300) throw new Exception(answer.body()); // A problem: errors with pointer, zh and en.
        return answer.body();
    }

    public static void main(String[] args) throws Exception {
        var event = HttpRequest.BodyPublishers.ofString(sign("waste-event+jws", System.in.readAllBytes()));
        String receipt = call(HttpRequest.newBuilder().POST(event), "/api/v1/events");
        String id = receipt.replaceAll("(?s).*\"event_id\":\"([^\"]*)\".*", "$1");
        long now = System.currentTimeMillis() / 1000;
        String claims = "{\"aud\":\"%s\",\"iat\":%d,\"exp\":%d,\"jti\":\"%s\"}".formatted(System.getenv("LIANDAN_LOG"), now, now + 60, UUID.randomUUID());
        var reading = HttpRequest.newBuilder().header("Authorization", "Bearer " + sign("waste-token+jws", claims.getBytes()));
        String again = call(reading, "/api/v1/events/" + id + "/receipt");
        System.out.println(id + " is entry " + again.replaceAll("(?s).*?\"index\":(\\d+).*", "$1"));
    }
}
