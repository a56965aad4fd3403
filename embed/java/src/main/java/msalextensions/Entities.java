package msalextensions;

import com.azure.json.JsonProviders;
import com.azure.json.JsonReader;
import com.azure.json.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** What msal4j can read of a document: the entities of its sections, each as the text that it is. */
final class Entities {
    private static final Set<String> SECTIONS = Set.of("Account", "IdToken", "AccessToken", "RefreshToken", "AppMetadata");

    private Entities() {}

    /** Over entities that are no objects msal4j stumbles. They stay where they are stored, and what can be read must not depend on them. */
    static String readable(byte[] document) {
        return text(of(document));
    }

    /** Those of before, each that now lacks in the spelling of stored: then it has been removed, and is not another one. */
    static byte[] respelled(byte[] before, byte[] now, byte[] stored) {
        var sections = of(before);
        var left = of(now);
        var spelled = of(stored);
        sections.forEach((name, entities) -> entities.replaceAll((key, entity) ->
            isIn(left, name, key) || !isIn(spelled, name, key) ? entity : spelled.get(name).get(key)));
        return text(sections).getBytes(StandardCharsets.UTF_8);
    }

    private static boolean isIn(Map<String, Map<String, String>> sections, String name, String key) {
        return sections.containsKey(name) && sections.get(name).containsKey(key);
    }

    private static Map<String, Map<String, String>> of(byte[] document) {
        var sections = new LinkedHashMap<String, Map<String, String>>();
        objectsIn(document).forEach((name, section) -> {
            if (SECTIONS.contains(name)) sections.put(name, objectsIn(section.getBytes(StandardCharsets.UTF_8)));
        });
        return sections;
    }

    /** Those members of an object that are objects. */
    private static Map<String, String> objectsIn(byte[] object) {
        var members = new LinkedHashMap<String, String>();
        try (JsonReader reader = JsonProviders.createReader(object)) {
            reader.nextToken();
            while (reader.nextToken() != JsonToken.END_OBJECT) {
                String name = reader.getFieldName();
                members.remove(name); // The last one of a name counts.
                if (reader.nextToken() == JsonToken.START_OBJECT) members.put(name, reader.readChildren());
                else reader.skipChildren();
            }
            return members;
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private static String text(Map<String, Map<String, String>> sections) {
        var text = new StringWriter();
        try (var writer = JsonProviders.createWriter(text)) {
            writer.writeStartObject();
            for (var section : sections.entrySet()) {
                writer.writeStartObject(section.getKey());
                for (var entity : section.getValue().entrySet()) writer.writeRawField(entity.getKey(), entity.getValue());
                writer.writeEndObject();
            }
            writer.writeEndObject();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        return text.toString();
    }
}
