package msalextensions;

import com.azure.json.JsonProviders;
import com.azure.json.JsonReader;
import com.azure.json.JsonWriter;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Answers the questions of the runner protocol (spec-tests/runner/README.md). Its argument is the build of the core that traces are played on:
 * core.portable.wasm.
 */
public final class Vectors {
    private static final Map<String, Object> DESCRIPTION = Map.of(
        "name", "Chicory", "language", "Java", "suiteVersion", 1,
        "capabilities", List.of("json", "merge", "salvage", "inspect", "lock", "session"));
    private static final long MAX_BYTES = 64L << 20;

    private final TracePlayer traces;
    private final Core core = new Core(MAX_BYTES, List.of());

    private Vectors(Path portableCore) {
        traces = new TracePlayer(portableCore);
    }

    public static void main(String[] arguments) throws IOException {
        var vectors = new Vectors(Path.of(arguments[0]));
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            Map<?, ?> question = (Map<?, ?>) parsed(line);
            System.out.println(text(question.containsKey("describe") ? DESCRIPTION : vectors.answer(question)));
        }
    }

    private Map<String, Object> answer(Map<?, ?> question) throws IOException {
        var answer = new LinkedHashMap<String, Object>();
        answer.put("id", question.get("id"));
        if (question.get("run").equals("trace")) {
            answer.put("trace", traces.play(question));
            return answer;
        }
        Result result = run(question);
        if (result.status() == 0) answer.put("result", resultOf(question, result));
        else answer.put("error", errorOf(TokenCacheException.of(result, null, null)));
        return answer;
    }

    private Result run(Map<?, ?> question) {
        return switch ((String) question.get("run")) {
            case "merge" -> core.run("merge", null, bytes(question, "base"), bytes(question, "ours"), bytes(question, "theirs"));
            case "salvage" -> core.run("salvage", null, bytes(question, "document"));
            case "inspect" -> core.run("inspect", null, bytes(question, "document"), ((Number) question.get("nowSeconds")).doubleValue());
            default -> throw new IllegalArgumentException(question.toString());
        };
    }

    private static Object resultOf(Map<?, ?> question, Result result) throws IOException {
        if (question.get("run").equals("inspect")) return parsed(result.detail());
        if (question.get("run").equals("salvage")) return Map.of("content", base64(result.data()));
        Merged merged = result.merged();
        return Map.of(
            "content", base64(merged.content()), "unchanged", merged.unchanged(), "added", merged.added(), "updated", merged.updated(),
            "removed", merged.removed(), "conflicts", merged.conflicts(), "accountsAdded", merged.accountsAdded(),
            "accountsRemoved", merged.accountsRemoved());
    }

    private static Map<String, Object> errorOf(TokenCacheException error) {
        var described = new LinkedHashMap<String, Object>(Map.of("code", error.code().id()));
        if (error.document() != null) described.put("document", error.document());
        if (error.code().id().startsWith("json_")) described.put("offset", error.offset());
        return described;
    }

    /** Null: there is no such document. */
    static byte[] bytes(Map<?, ?> message, String name) {
        Object encoded = message.get(name);
        return encoded == null ? null : Base64.getDecoder().decode((String) encoded);
    }

    static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static Object parsed(String json) throws IOException {
        try (JsonReader reader = JsonProviders.createReader(json)) {
            return reader.readUntyped();
        }
    }

    private static String text(Object value) throws IOException {
        var text = new StringWriter();
        try (JsonWriter writer = JsonProviders.createWriter(text)) {
            writer.writeUntyped(value);
        }
        return text.toString();
    }
}
