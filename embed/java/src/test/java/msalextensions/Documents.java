package msalextensions;

import com.azure.json.JsonProviders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Caches that consist of access tokens. */
final class Documents {
    private Documents() {}

    static byte[] with(String... keys) {
        String members = Arrays.stream(keys)
            .map(key -> "\"%s\":{\"secret\":\"secret of %s\",\"cached_at\":\"1\",\"expires_on\":\"2\"}".formatted(key, key))
            .collect(Collectors.joining(","));
        return ("{\"AccessToken\":{" + members + "}}").getBytes(StandardCharsets.UTF_8);
    }

    /** The keys of the access tokens, in order. */
    static List<String> keys(byte[] document) {
        try (var reader = JsonProviders.createReader(document)) {
            Map<?, ?> section = (Map<?, ?>) ((Map<?, ?>) reader.readUntyped()).get("AccessToken");
            return section.keySet().stream().map(String.class::cast).sorted().toList();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }
}
