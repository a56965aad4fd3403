import com.microsoft.aad.msal4jextensions.persistence.linux.KeyRingAccessor;
import java.nio.file.Files;
import java.nio.file.Path;

/** Java's KeyRingAccessor as it is: `save <cache> <schema> <attribute 1> <value 1> <attribute 2> <value 2>` stores standard input, `load` prints. */
public class JavaItem {
    public static void main(String[] given) throws Exception {
        Path cache = Path.of(given[1]);
        var item = new KeyRingAccessor(given[1], "default", given[2], "MSAL", given[3], given[4], given[5], given[6]);
        if (given[0].equals("save")) {
            if (!Files.exists(cache)) Files.createFile(cache); // As PersistenceTokenCacheAccessAspect does before anything else.
            item.write(System.in.readAllBytes());
        } else {
            System.out.write(item.read());
            System.out.flush();
        }
    }
}
