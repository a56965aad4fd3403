package msalextensions;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/**
 * Commits access tokens one by one, for tests in which processes of all languages meet on one cache. Arguments: cache path, prefix, count; with
 * a fourth, {@code hold}, it then keeps the lock until it is killed.
 */
public final class Contention {
    public static void main(String[] arguments) {
        var cache = PersistedTokenCache.builder(Path.of(arguments[0])).lockTimeout(Duration.ofMinutes(1)).build();
        int count = Integer.parseInt(arguments[2]);
        for (int i = 0; i < count; i++) {
            cache.commit(null, documentWith(arguments[1] + "-" + i));
            System.out.println("committed " + i);
        }
        if (arguments.length > 3 && arguments[3].equals("hold")) {
            cache.update(stored -> {
                System.out.println("holding");
                while (true) Thread.sleep(Long.MAX_VALUE);
            });
        }
    }

    /** A cache with one access token. */
    static byte[] documentWith(String key) {
        long now = Instant.now().getEpochSecond();
        String document = """
            {"AccessToken":{"%s":{"credential_type":"AccessToken","secret":"secret of %s","cached_at":"%d","expires_on":"%d"}}}"""
            .formatted(key, key, now, now + 3600);
        return document.getBytes(StandardCharsets.UTF_8);
    }
}
