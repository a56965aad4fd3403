package msalextensions;

import com.dylibso.chicory.runtime.HostFunction;
import com.dylibso.chicory.runtime.ImportValues;
import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.WasmFunctionHandle;
import com.dylibso.chicory.wasm.Parser;
import com.dylibso.chicory.wasm.WasmModule;
import com.dylibso.chicory.wasm.types.FunctionType;
import com.dylibso.chicory.wasm.types.ValType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Plays traces on a core whose host interface (docs/host-interface.md) does nothing but write down what is asked of it. */
final class TracePlayer {
    private static final List<ValType> THREE = List.of(ValType.I32, ValType.I32, ValType.I32);
    private static final List<ValType> FOUR = List.of(ValType.I32, ValType.I32, ValType.I32, ValType.I32);
    /** The asynchronous imports, and what each is given after the number of the operation: nothing, a value, or bytes. */
    private static final Map<String, String> IMPORTS = Map.ofEntries(
        Map.entry("store.stat", ""), Map.entry("store.read", ""), Map.entry("store.replace", "bytes"), Map.entry("store.remove", ""),
        Map.entry("store.set_aside", ""), Map.entry("cipher.protect", "bytes"), Map.entry("cipher.unprotect", "bytes"),
        Map.entry("lock.create", ""), Map.entry("lock.inspect", ""), Map.entry("lock.take_over", "bytes"), Map.entry("lock.check", ""),
        Map.entry("lock.touch", ""), Map.entry("lock.release", ""), Map.entry("lock.wait", "value"),
        Map.entry("lock.process_alive", "value"), Map.entry("clock.sleep", "value"), Map.entry("session.edit", "bytes"));

    private final WasmModule module;
    private Instance core;
    private Deque<Map<?, ?>> script;
    private List<Object> observed;
    private double now;
    private double random;
    /** The call that waits for an outcome, or null. */
    private Long owed;

    TracePlayer(Path portableCore) {
        module = Parser.parse(portableCore);
    }

    @SuppressWarnings("unchecked")
    List<Object> play(Map<?, ?> trace) {
        script = new ArrayDeque<>((List<Map<?, ?>>) trace.get("script"));
        observed = new ArrayList<>();
        now = number(trace, "now");
        random = number(trace, "random");
        owed = null;
        core = Instance.builder(module).withImportValues(imports()).build();
        call("configure", (long) number(trace, "maxBytes"), (long) number(trace, "timeoutMs"), 0);
        call("configure_cipher", isTrue(trace, "cipher"));
        while (!script.isEmpty()) {
            if (!script.peek().containsKey("start")) return stopped("an answer that nobody waits for");
            if (!operate(script.poll())) return stopped("a call without an answer");
        }
        return observed;
    }

    private List<Object> stopped(String why) {
        observed.add(Map.of("stopped", why));
        return observed;
    }

    /** False: the core called what the script has no answer for. */
    private boolean operate(Map<?, ?> next) {
        long refused = start(next);
        if (refused != 0) {
            observed.add(Map.of("refused", refused));
        } else {
            while (call("poll") == 0) if (owed == null || !complete()) return false;
            observed.add(Map.of("end", end()));
        }
        call("reset");
        return true;
    }

    private long start(Map<?, ?> next) {
        if (!next.get("start").equals("commit")) return call((String) next.get("start"));
        byte[] base = Vectors.bytes(next, "base");
        byte[] ours = Vectors.bytes(next, "ours");
        long basePointer = base == null ? 0 : put(base);
        long oursPointer = put(ours);
        return call("commit", basePointer, base == null ? 0 : base.length, oursPointer, ours.length, isTrue(next, "baseIsCurrent"));
    }

    private boolean complete() {
        if (script.isEmpty() || script.peek().containsKey("start")) return false;
        Map<?, ?> outcome = script.poll();
        byte[] payload = Vectors.bytes(outcome, "payload");
        long op = owed;
        owed = null;
        now += number(outcome, "passMs");
        call("complete", op, (long) number(outcome, "status"), put(payload), payload.length);
        return true;
    }

    private Map<String, Object> end() {
        int record = (int) call("result");
        return Map.of(
            "record", Vectors.base64(core.memory().readBytes(record, 64)), "data", Vectors.base64(part(record + 12)),
            "detail", new String(part(record + 40), StandardCharsets.UTF_8));
    }

    private byte[] part(int at) {
        return core.memory().readBytes(core.memory().readInt(at), core.memory().readInt(at + 4));
    }

    private ImportValues imports() {
        var imports = ImportValues.builder();
        IMPORTS.forEach((name, given) -> imports.addFunction(function(name, THREE, List.of(), recorder(name, given))));
        imports.addFunction(
            function("clock.now", List.of(), List.of(ValType.F64), (instance, a) -> new long[] {Double.doubleToRawLongBits(now)}),
            function("clock.random", List.of(), List.of(ValType.F64), (instance, a) -> new long[] {Double.doubleToRawLongBits(random)}),
            function("log.write", FOUR, List.of(), (instance, a) -> {
                observed.add(Map.of("log", a[1]));
                return null;
            }));
        return imports.build();
    }

    private static HostFunction function(String name, List<ValType> parameters, List<ValType> results, WasmFunctionHandle body) {
        String[] parts = name.split("\\.");
        return new HostFunction(parts[0], parts[1], FunctionType.of(parameters, results), body);
    }

    private WasmFunctionHandle recorder(String name, String given) {
        return (instance, a) -> {
            var call = new LinkedHashMap<String, Object>(Map.of("call", name));
            if (given.equals("value")) call.put("value", Integer.toUnsignedLong((int) a[1]));
            if (given.equals("bytes")) call.put("bytes", Vectors.base64(instance.memory().readBytes((int) a[1], (int) a[2])));
            observed.add(call);
            owed = a[0];
            return null;
        };
    }

    private long call(String name, long... arguments) {
        long[] results = core.export(name).apply(arguments);
        return results == null || results.length == 0 ? 0 : Integer.toUnsignedLong((int) results[0]);
    }

    private long put(byte[] bytes) {
        long pointer = call("alloc", bytes.length);
        core.memory().write((int) pointer, bytes);
        return pointer;
    }

    private static double number(Map<?, ?> message, String name) {
        return ((Number) message.get(name)).doubleValue();
    }

    private static long isTrue(Map<?, ?> message, String name) {
        return Boolean.TRUE.equals(message.get(name)) ? 1 : 0;
    }
}
