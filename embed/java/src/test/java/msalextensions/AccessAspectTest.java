package msalextensions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.aad.msal4j.ClientCredentialFactory;
import com.microsoft.aad.msal4j.ClientCredentialParameters;
import com.microsoft.aad.msal4j.ConfidentialClientApplication;
import com.microsoft.aad.msal4j.IAuthenticationResult;
import com.microsoft.aad.msal4j.TokenProviderResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With real applications of msal4j. Their tokens are made here, so that they need no network. */
class AccessAspectTest {
    @TempDir
    Path folder;

    private final AtomicInteger made = new AtomicInteger();
    private Path path;

    @BeforeEach
    void choosePath() {
        path = folder.resolve("cache.json");
    }

    private PersistedTokenCache open() {
        return PersistedTokenCache.builder(path).build();
    }

    private ConfidentialClientApplication app(PersistedTokenCache cache) throws Exception {
        return ConfidentialClientApplication.builder("client", ClientCredentialFactory.createFromSecret("no secret"))
            .authority("https://login.microsoftonline.com/tenant")
            .instanceDiscovery(false)
            .setTokenCacheAccessAspect(cache)
            .appTokenProvider(asked -> {
                var token = new TokenProviderResult();
                token.setAccessToken("token " + made.incrementAndGet());
                // msal4j 1.26 takes the duration for the time itself.
                token.setExpiresInSeconds(Instant.now().getEpochSecond() + 3600);
                token.setTenantId("tenant");
                return CompletableFuture.completedFuture(token);
            })
            .build();
    }

    private static CompletableFuture<IAuthenticationResult> acquire(ConfidentialClientApplication app, int resource) {
        var scopes = Set.of("https://resource-" + resource + "/.default");
        return app.acquireToken(ClientCredentialParameters.builder(scopes).build());
    }

    @Test
    void tokensOfManyApplicationsAndThreadsAreAllStored() throws Exception {
        var shared = open();
        var apps = List.of(app(shared), app(shared), app(open()));
        var running = new ArrayList<CompletableFuture<IAuthenticationResult>>();
        for (int i = 0; i < 30; i++) running.add(acquire(apps.get(i % 3), i));
        for (var one : running) one.get();
        assertEquals(30, Documents.keys(Files.readAllBytes(path)).size());
        // A new application finds them, and makes none.
        acquire(app(open()), 7).get();
        assertEquals(30, made.get());
    }

    @Test
    void othersAddAndRemoveMeanwhile() throws Exception {
        var cache = open();
        var app = app(cache);
        acquire(app, 1).get();
        byte[] one = cache.load().orElseThrow();
        cache.commit(null, Documents.with("theirs"));
        acquire(app, 2).get();
        List<String> stored = Documents.keys(cache.load().orElseThrow());
        assertEquals(3, stored.size());
        assertTrue(stored.contains("theirs"));
        // What others removed does not come back with what this application stores next.
        cache.commit(cache.load().orElseThrow(), one);
        acquire(app, 3).get();
        stored = Documents.keys(cache.load().orElseThrow());
        assertEquals(2, stored.size());
        assertTrue(stored.stream().noneMatch(key -> key.contains("resource-2") || key.equals("theirs")), stored::toString);
    }

    @Test
    void anErrorReachesTheApplicationAndTheNextCallWorks() throws Exception {
        var cache = open();
        var app = app(cache);
        Files.createDirectory(path);
        var error = assertThrows(ExecutionException.class, () -> acquire(app, 1).get());
        assertEquals(Code.NOT_A_FILE, ((TokenCacheException) error.getCause()).code());
        Files.delete(path);
        acquire(app, 1).get();
        assertEquals(1, Documents.keys(Files.readAllBytes(path)).size());
    }
}
