import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.aad.msal4j.ClientCredentialFactory;
import com.microsoft.aad.msal4j.ClientCredentialParameters;
import com.microsoft.aad.msal4j.ConfidentialClientApplication;
import com.microsoft.aad.msal4j.DeviceCodeFlowParameters;
import com.microsoft.aad.msal4j.HttpRequest;
import com.microsoft.aad.msal4j.IAccount;
import com.microsoft.aad.msal4j.IHttpResponse;
import com.microsoft.aad.msal4j.ITokenCache;
import com.microsoft.aad.msal4j.ITokenCacheAccessContext;
import com.microsoft.aad.msal4j.PublicClientApplication;
import com.microsoft.aad.msal4j.SilentParameters;
import com.microsoft.aad.msal4jextensions.PersistenceSettings;
import com.microsoft.aad.msal4jextensions.PersistenceTokenCacheAccessAspect;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The Java member of the family, told what it is on its command line: see ../../orders.ts for the orders and the news. */
public class Peer {
    private static final String AUTHORITY = "https://login.microsoftonline.com/";
    private static final Set<String> GRAPH = Set.of("https://graph.microsoft.com/user.read");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final BufferedReader ORDERS = new BufferedReader(new InputStreamReader(System.in));
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static JsonNode given;

    public static void main(String[] arguments) throws Exception {
        given = JSON.readTree(arguments[0]);
        tell(Map.of("type", "ready"));
        ordered("go");
        switch (given.get("task").asText()) {
            case "hold" -> hold();
            case "write" -> write();
            case "sign-in" -> signIn();
            case "read" -> read();
            default -> throw new IllegalArgumentException(given.toString());
        }
        System.exit(0);
    }

    private static void tell(Map<String, ?> news) throws Exception {
        System.out.println(JSON.writeValueAsString(news));
        System.out.flush();
    }

    /** Returns when the order has come. */
    private static void ordered(String order) throws Exception {
        for (String line = ORDERS.readLine(); line != null; line = ORDERS.readLine()) {
            if (JSON.readTree(line).asText().equals(order)) return;
        }
        System.exit(1); // Nobody is left to report to.
    }

    private static String digest(String secret) throws Exception {
        byte[] sum = MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(sum);
    }

    private static PersistenceTokenCacheAccessAspect aspect() throws Exception {
        Path cache = Path.of(given.get("cache").asText());
        return new PersistenceTokenCacheAccessAspect(
            PersistenceSettings.builder(cache.getFileName().toString(), cache.getParent())
                .setLinuxUseUnprotectedFileAsCacheStorage(true)
                .build());
    }

    /** Between these two calls of its public API the aspect holds the lock. */
    private static void hold() throws Exception {
        PersistenceTokenCacheAccessAspect aspect = aspect();
        ITokenCacheAccessContext context = new Changed();
        long started = System.nanoTime();
        try {
            aspect.beforeCacheAccess(context);
        } catch (RuntimeException error) {
            tell(Map.of("type", "refused", "afterMs", since(started), "what", error.toString()));
            return;
        }
        tell(Map.of("type", "holding", "afterMs", since(started)));
        ordered("release");
        aspect.afterCacheAccess(context);
        tell(Map.of("type", "released"));
    }

    private static long since(long started) {
        return (System.nanoTime() - started) / 1_000_000;
    }

    private static void write() throws Exception {
        ConfidentialClientApplication app = ConfidentialClientApplication
            .builder(given.get("clientId").asText(), ClientCredentialFactory.createFromSecret("no secret"))
            .authority(AUTHORITY + given.get("tenant").asText())
            .setTokenCacheAccessAspect(aspect())
            .httpClient(Peer::send)
            .build();
        for (int n = 0; n < given.get("tokens").asInt(); n++) {
            String scope = "https://resource-" + n + ".example.com/.default";
            try {
                String token = app.acquireToken(ClientCredentialParameters.builder(Set.of(scope)).build()).get().accessToken();
                tell(Map.of("type", "wrote", "scope", scope, "sha256", digest(token)));
            } catch (Exception error) {
                tell(Map.of("type", "missed", "scope", scope, "what", error.toString()));
            }
        }
        tell(Map.of("type", "done"));
    }

    private static PublicClientApplication publicApp() throws Exception {
        return PublicClientApplication.builder(given.get("clientId").asText())
            .authority(AUTHORITY + given.get("tenant").asText())
            .setTokenCacheAccessAspect(aspect())
            .httpClient(Peer::send)
            .build();
    }

    private static void signIn() throws Exception {
        var result = publicApp().acquireToken(DeviceCodeFlowParameters.builder(GRAPH, code -> {}).build()).get();
        tell(Map.of("type", "signed-in", "homeAccountId", result.account().homeAccountId(), "sha256", digest(result.accessToken())));
    }

    private static void read() throws Exception {
        PublicClientApplication app = publicApp();
        List<Map<String, String>> found = new ArrayList<>();
        for (IAccount account : app.getAccounts().get()) {
            String token = app.acquireTokenSilently(SilentParameters.builder(GRAPH, account).build()).get().accessToken();
            found.add(Map.of("homeAccountId", account.homeAccountId(), "sha256", digest(token)));
        }
        tell(Map.of("type", "found", "accounts", found));
    }

    /** What MSAL addresses to the public cloud goes to the authority of the tests. */
    private static IHttpResponse send(HttpRequest request) throws Exception {
        URI target = URI.create(given.get("authorityUrl").asText() + request.url().getFile());
        var builder = java.net.http.HttpRequest.newBuilder(target);
        request.headers().forEach(builder::header);
        var body = request.body() == null
            ? java.net.http.HttpRequest.BodyPublishers.noBody()
            : java.net.http.HttpRequest.BodyPublishers.ofString(request.body());
        var response = HTTP.send(builder.method(request.httpMethod().toString(), body).build(), BodyHandlers.ofString());
        return new Answer(response.statusCode(), response.headers().map(), response.body());
    }

    private record Answer(int statusCode, Map<String, List<String>> headers, String body) implements IHttpResponse {}

    /** A cache without content that is about to be written. */
    private static final class Changed implements ITokenCacheAccessContext {
        @Override
        public ITokenCache tokenCache() {
            return new ITokenCache() {
                @Override
                public void deserialize(String data) {}

                @Override
                public String serialize() {
                    return "{}";
                }
            };
        }

        @Override
        public String clientId() {
            return given.path("clientId").asText();
        }

        @Override
        public IAccount account() {
            return null;
        }

        @Override
        public boolean hasCacheChanged() {
            return true;
        }
    }
}
