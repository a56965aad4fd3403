package msalextensions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.aad.msal4j.ClientCredentialFactory;
import com.microsoft.aad.msal4j.ClientCredentialParameters;
import com.microsoft.aad.msal4j.ConfidentialClientApplication;
import com.microsoft.aad.msal4j.IAccount;
import com.microsoft.aad.msal4j.IAuthenticationResult;
import com.microsoft.aad.msal4j.ITokenCache;
import com.microsoft.aad.msal4j.ITokenCacheAccessContext;
import com.microsoft.aad.msal4j.PublicClientApplication;
import com.microsoft.aad.msal4j.TokenProviderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    private PersistedTokenCache impatient() {
        return PersistedTokenCache.builder(path).lockTimeout(Duration.ofMillis(300)).build();
    }

    private List<String> stored() throws Exception {
        return Documents.keys(Files.readAllBytes(path));
    }

    /** In place, as a peer does it that is killed while it writes. Dated anew: two writes within a tick of the clock would look like one. */
    private void truncate(boolean toNothing) throws Exception {
        byte[] whole = Files.readAllBytes(path);
        long later = Files.getLastModifiedTime(path).toMillis() + 1000;
        Files.write(path, Arrays.copyOf(whole, toNothing ? 0 : whole.length / 2));
        Files.setLastModifiedTime(path, FileTime.fromMillis(later));
    }

    private static void remove(PersistedTokenCache cache, String part) {
        cache.update(stored -> {
            String[] left = Documents.keys(stored).stream().filter(key -> !key.contains(part)).toArray(String[]::new);
            return Documents.with(left);
        });
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

    @ParameterizedTest
    @CsvSource({"true, false", "true, true", "false, false", "false, true"})
    void whatADamagedFileHasLostIsPutBack(boolean toNothing, boolean othersFirst) throws Exception {
        var app = app(open());
        var others = open();
        for (int i = 0; i < 6; i++) acquire(app, i).get();
        others.load();
        truncate(toNothing);
        if (othersFirst) others.commit(null, Documents.with("theirs"));
        acquire(app, 6).get();
        assertEquals(othersFirst ? 8 : 7, stored().size());
        acquire(app, 7).get();
        assertEquals(othersFirst ? 9 : 8, stored().size());
    }

    /** Nor what they had removed before: msal4j keeps it in memory. */
    @Test
    void whatOthersRemoveAfterASalvageIsNotPutBack() throws Exception {
        var app = app(open());
        var others = open();
        for (int i = 1; i <= 3; i++) acquire(app, i).get();
        remove(others, "resource-1");
        acquire(app, 4).get();
        others.load();
        truncate(true);
        others.commit(null, Documents.with("theirs"));
        acquire(app, 5).get();
        assertEquals(5, stored().size(), stored()::toString);
        remove(others, "resource-2");
        acquire(app, 6).get();
        acquire(app, 7).get();
        assertEquals(6, stored().size(), stored()::toString);
        assertTrue(stored().stream().noneMatch(key -> key.contains("resource-1") || key.contains("resource-2")), stored()::toString);
    }

    @Test
    void whatCouldNotBeStoredIsStoredWithTheNextChange() throws Exception {
        var shared = impatient();
        var app = app(shared);
        var other = app(shared);
        acquire(app, 1).get();
        open().update(stored -> {
            var error = assertThrows(ExecutionException.class, () -> acquire(app, 2).get());
            assertEquals(Code.LOCK_TIMEOUT, ((TokenCacheException) error.getCause()).code());
            return stored;
        });
        open().commit(null, Documents.with("theirs"));
        acquire(other, 3).get();
        assertEquals(4, stored().size(), stored()::toString);
        acquire(app, 2).get();
        assertEquals(3, made.get());
    }

    @Test
    void aRenewalThatCouldNotBeStoredIsNotUndone() throws Exception {
        var app = app(impatient());
        var token = ClientCredentialParameters.builder(Set.of("https://resource-1/.default"));
        assertEquals("token 1", app.acquireToken(token.build()).get().accessToken());
        open().update(stored -> {
            assertThrows(ExecutionException.class, () -> app.acquireToken(token.skipCache(true).build()).get());
            return stored;
        });
        assertEquals("token 2", app.acquireToken(token.skipCache(false).build()).get().accessToken());
        acquire(app, 2).get();
        assertTrue(Files.readString(path).contains("token 2"));
    }

    /** msal4j throws away the answer of a server that it cannot save, and with it a refresh token that has replaced the stored one. */
    @Test
    void aRenewalWhileTheCacheCannotBeReadIsNotLost() throws Exception {
        var app = app(open());
        var token = ClientCredentialParameters.builder(Set.of("https://resource-1/.default"));
        assertEquals("token 1", app.acquireToken(token.build()).get().accessToken());
        Path kept = Files.move(path, folder.resolve("kept.json"));
        Files.createDirectory(path);
        for (boolean renews : new boolean[] {true, false}) {
            var error = assertThrows(ExecutionException.class, () -> app.acquireToken(token.skipCache(renews).build()).get());
            assertEquals(Code.NOT_A_FILE, ((TokenCacheException) error.getCause()).code());
        }
        Files.delete(path);
        Files.move(kept, path);
        assertEquals("token 2", app.acquireToken(token.skipCache(false).build()).get().accessToken());
        acquire(app, 2).get();
        assertTrue(Files.readString(path).contains("token 2"));
    }

    /** A real application does not let itself be made to hold this or that. */
    private static final class Memory implements ITokenCache {
        private String content = "";

        @Override
        public void deserialize(String data) {
            content = data;
        }

        @Override
        public String serialize() {
            return content;
        }
    }

    private record Access(ITokenCache tokenCache, boolean hasCacheChanged) implements ITokenCacheAccessContext {
        @Override
        public String clientId() {
            return "client";
        }

        @Override
        public IAccount account() {
            return null;
        }
    }

    private static List<String> change(PersistedTokenCache cache, Memory memory, byte[] content, Runnable meanwhile) {
        var access = new Access(memory, true);
        cache.beforeCacheAccess(access);
        List<String> handed = Documents.keys(memory.content.getBytes(StandardCharsets.UTF_8));
        memory.content = new String(content, StandardCharsets.UTF_8);
        meanwhile.run();
        cache.afterCacheAccess(access);
        return handed;
    }

    @Test
    void whoHasNotBegunToUseItsMemoryStoresNothing() throws Exception {
        var memory = new Memory();
        memory.deserialize(new String(Documents.with("a"), StandardCharsets.UTF_8));
        var error = assertThrows(TokenCacheException.class, () -> open().afterCacheAccess(new Access(memory, true)));
        assertEquals(Code.BAD_STATE, error.code());
        assertFalse(Files.exists(path));
    }

    @Test
    void whatIsTooLargeIsRefusedAloneAndASignOutIsStored() throws Exception {
        String a = "a".repeat(150);
        String b = "b".repeat(150);
        String c = "c".repeat(150);
        var cache = PersistedTokenCache.builder(path).maxBytes(Documents.with(a, b).length + 100).build();
        var memory = new Memory();
        cache.commit(null, Documents.with(a));
        Runnable others = () -> open().commit(null, Documents.with(b));
        var error = assertThrows(TokenCacheException.class, () -> change(cache, memory, Documents.with(a, c), others));
        assertEquals(Code.DOCUMENT_TOO_LARGE, error.code());
        // c is pending.
        error = assertThrows(TokenCacheException.class, () -> change(cache, memory, Documents.with(a, b, c, "d"), () -> {}));
        assertEquals(Code.DOCUMENT_TOO_LARGE, error.code());
        assertEquals(List.of(a, b, c), change(cache, memory, Documents.with(b, c), () -> {}));
        assertEquals(List.of(b, c), stored());
    }

    private PublicClientApplication publicApp() throws Exception {
        return PublicClientApplication.builder("client").authority("https://login.microsoftonline.com/t").instanceDiscovery(false)
            .setTokenCacheAccessAspect(open()).build();
    }

    /** msal4j spells these entities differently: an account of msal-node's without its tenants, say. */
    @Test
    void aUserWhomAnotherMsalHasSignedInIsSignedOut() throws Exception {
        String home = "\"home_account_id\":\"u.t\",\"environment\":\"login.microsoftonline.com\",";
        Files.writeString(path, ("""
            {"Account":{"u.t-login.microsoftonline.com-t":{%1$s"realm":"t","local_account_id":"u","username":"ada","authority_type":"MSSTS",
              "tenantProfiles":["{}"]}},
            "RefreshToken":{"u.t-login.microsoftonline.com-refreshtoken-client--":
              {%1$s"credential_type":"RefreshToken","client_id":"client","secret":"s","target":"","last_modification_time":"1"}},
            "AccessToken":{"u.t-login.microsoftonline.com-accesstoken-client-t-s":
              {%1$s"credential_type":"AccessToken","client_id":"client","realm":"t","target":"s","secret":"s","expires_on":"4000000000","key_id":null},
            "of another user":{"home_account_id":"v.t","secret":"s","key_id": null}}}""").formatted(home));
        var app = publicApp();
        for (var account : app.getAccounts().get()) app.removeAccount(account).get();
        assertEquals(List.of("of another user"), stored());
        String left = Files.readString(path);
        assertTrue(!left.contains("u.t"), left);
        assertTrue(left.contains("\"key_id\": null"), left);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"AccessToken\":{\"k\": null}}", "{\"AccessToken\":{\"k\": 5},\"x\": 1e999}", "{\"Account\":{\"k\": null},\"AppMetadata\":null}",
        "{\"AccessToken\":[1]}"})
    void entitiesThatAreNoObjectsAreInNobodysWay(String odd) throws Exception {
        Files.writeString(path, odd);
        assertEquals(Set.of(), publicApp().getAccounts().get());
        acquire(app(open()), 1).get();
        String left = Files.readString(path);
        assertTrue(left.contains("token 1"), left);
        for (String kept : List.of("\"k\": null", "\"k\": 5", "1e999")) assertEquals(odd.contains(kept), left.contains(kept), left);
    }
}
