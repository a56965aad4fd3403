package msalextensions;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.AEADBadTagException;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CipherTest {
    @TempDir
    Path folder;

    /** What an application might use: AES-GCM, the nonce in front. */
    private record WithKey(SecretKey key) implements Cipher {
        private static final int NONCE = 12;

        static WithKey fresh() throws Exception {
            var generator = KeyGenerator.getInstance("AES");
            generator.init(256);
            return new WithKey(generator.generateKey());
        }

        @Override
        public byte[] protect(byte[] plain) throws Exception {
            byte[] nonce = new byte[NONCE];
            new SecureRandom().nextBytes(nonce);
            byte[] sealed = with(javax.crypto.Cipher.ENCRYPT_MODE, nonce).doFinal(plain);
            byte[] both = Arrays.copyOf(nonce, NONCE + sealed.length);
            System.arraycopy(sealed, 0, both, NONCE, sealed.length);
            return both;
        }

        @Override
        public byte[] unprotect(byte[] encrypted) throws Exception {
            byte[] nonce = Arrays.copyOf(encrypted, NONCE);
            return with(javax.crypto.Cipher.DECRYPT_MODE, nonce).doFinal(encrypted, NONCE, encrypted.length - NONCE);
        }

        private javax.crypto.Cipher with(int mode, byte[] nonce) throws Exception {
            var cipher = javax.crypto.Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(mode, key, new GCMParameterSpec(128, nonce));
            return cipher;
        }
    }

    /** Knows why it fails. */
    private static final class Keyless implements Cipher {
        @Override
        public byte[] protect(byte[] plain) {
            throw new TokenCacheException(Code.KEY_UNAVAILABLE, " The vault does not answer.", null);
        }

        @Override
        public byte[] unprotect(byte[] encrypted) {
            throw new TokenCacheException(Code.KEY_NOT_FOUND, "", null);
        }
    }

    /** Says what must not be taken for "nothing is stored", and forgets what it should encrypt. */
    private static final class Misleading implements Cipher {
        @Override
        public byte[] protect(byte[] plain) {
            return null;
        }

        @Override
        public byte[] unprotect(byte[] encrypted) {
            throw new TokenCacheException(Code.NOT_FOUND, "", null);
        }
    }

    private PersistedTokenCache open(Cipher cipher) {
        return plain().cipher(cipher).build();
    }

    private PersistedTokenCache.Builder plain() {
        return PersistedTokenCache.builder(folder.resolve("cache.bin"));
    }

    private byte[] file() throws Exception {
        return Files.readAllBytes(folder.resolve("cache.bin"));
    }

    @Test
    void whatIsStoredIsEncrypted() throws Exception {
        var key = WithKey.fresh();
        open(key).commit(null, Documents.with("a"));
        open(key).commit(null, Documents.with("b"));
        assertFalse(new String(file(), StandardCharsets.ISO_8859_1).contains("AccessToken"));
        assertEquals(List.of("a", "b"), Documents.keys(key.unprotect(file())));
        assertEquals(List.of("a", "b"), Documents.keys(open(key).load().orElseThrow()));
    }

    @Test
    void aCipherThatIsMissingIsNoWishForPlainText() {
        var error = assertThrows(TokenCacheException.class, () -> open(null));
        assertEquals(Code.BAD_ARGUMENT, error.code());
    }

    @Test
    void whatCannotBeDecryptedIsNotOverwritten() throws Exception {
        open(WithKey.fresh()).commit(null, Documents.with("a"));
        byte[] before = file();
        var wrongKey = open(WithKey.fresh());
        var error = assertThrows(TokenCacheException.class, wrongKey::load);
        assertEquals(Code.UNPROTECT_FAILED, error.code());
        assertInstanceOf(AEADBadTagException.class, error.getCause());
        error = assertThrows(TokenCacheException.class, () -> wrongKey.commit(null, Documents.with("b")));
        assertEquals(Code.UNPROTECT_FAILED, error.code());
        assertArrayEquals(before, file());
        wrongKey.clear();
        wrongKey.commit(null, Documents.with("b"));
        assertEquals(List.of("b"), Documents.keys(wrongKey.load().orElseThrow()));
    }

    @Test
    void anInterruptionOfACipherIsKept() {
        var interrupted = open(new Cipher() {
            @Override
            public byte[] protect(byte[] plain) throws InterruptedException {
                throw new InterruptedException();
            }

            @Override
            public byte[] unprotect(byte[] encrypted) {
                return encrypted;
            }
        });
        var error = assertThrows(TokenCacheException.class, () -> interrupted.commit(null, Documents.with("a")));
        assertTrue(Thread.interrupted());
        assertEquals(Code.PROTECT_FAILED, error.code());
    }

    @Test
    void aCipherCannotMakeTheStoreLookEmpty() throws Exception {
        var misleading = open(new Misleading());
        var error = assertThrows(TokenCacheException.class, () -> misleading.commit(null, Documents.with("a")));
        assertEquals(Code.PROTECT_FAILED, error.code());
        plain().build().commit(null, Documents.with("b"));
        error = assertThrows(TokenCacheException.class, misleading::load);
        assertEquals(Code.UNPROTECT_FAILED, error.code());
        assertEquals(List.of("b"), Documents.keys(file()));
    }

    @Test
    void aCipherCanSayWhyItFails() {
        var keyless = open(new Keyless());
        var error = assertThrows(TokenCacheException.class, () -> keyless.commit(null, Documents.with("a")));
        assertEquals(Code.KEY_UNAVAILABLE, error.code());
        plain().build().commit(null, Documents.with("b"));
        error = assertThrows(TokenCacheException.class, keyless::load);
        assertEquals(Code.KEY_NOT_FOUND, error.code());
    }

    /** One that keeps its key under a lock, say. */
    @Test
    void aCipherThatTimesOutItselfIsNotAskedUntilTheCacheWould() {
        var calls = new AtomicInteger();
        var busy = new TokenCacheException(Code.LOCK_TIMEOUT, " (the vault)", null);
        var cache = open(new Cipher() {
            @Override
            public byte[] protect(byte[] plain) {
                calls.incrementAndGet();
                throw busy;
            }

            @Override
            public byte[] unprotect(byte[] encrypted) {
                return encrypted;
            }
        });
        var error = assertThrows(TokenCacheException.class, () -> cache.commit(null, Documents.with("a")));
        assertEquals(Code.LOCK_TIMEOUT, error.code());
        assertSame(busy, error.getCause());
        assertFalse(error.getMessage().contains(".lockfile"), error.getMessage());
        assertEquals(1, calls.get());
    }

    /** The core reads again what cannot be decrypted: it may be half written. */
    @Test
    void anErrorFromWhichTheCoreHasGoneOnIsNoCause() throws Exception {
        var key = WithKey.fresh();
        byte[] document = Documents.with("a", "b");
        open(key).commit(null, document);
        var failures = new AtomicInteger();
        Cipher unsteady = new Cipher() {
            @Override
            public byte[] protect(byte[] plain) throws Exception {
                return key.protect(plain);
            }

            @Override
            public byte[] unprotect(byte[] encrypted) throws Exception {
                if (failures.getAndIncrement() == 0) throw new IOException("The vault does not answer.");
                return key.unprotect(encrypted);
            }
        };
        var cache = plain().cipher(unsteady).maxBytes(document.length - 1).build();
        var error = assertThrows(TokenCacheException.class, cache::load);
        assertEquals(Code.DOCUMENT_TOO_LARGE, error.code());
        assertNull(error.getCause());
    }

    @Test
    void nothingIsNoCiphertext() throws Exception {
        var key = WithKey.fresh();
        open(key).commit(null, Documents.with("a"));
        byte[] before = file();
        var forgetful = open(new Cipher() {
            @Override
            public byte[] protect(byte[] plain) {
                return new byte[0];
            }

            @Override
            public byte[] unprotect(byte[] encrypted) throws Exception {
                return key.unprotect(encrypted);
            }
        });
        var error = assertThrows(TokenCacheException.class, () -> forgetful.commit(null, Documents.with("b")));
        assertEquals(Code.PROTECT_FAILED, error.code());
        assertArrayEquals(before, file());
    }

    @Test
    void theLimitIsOfWhatIsPlain() throws Exception {
        byte[] document = Documents.with("a");
        var key = WithKey.fresh();
        var cache = plain().cipher(key).maxBytes(document.length).build();
        cache.commit(null, document);
        assertArrayEquals(document, open(key).load().orElseThrow());
        byte[] larger = new String(document, StandardCharsets.UTF_8).replace("{", "{ ").getBytes(StandardCharsets.UTF_8);
        var error = assertThrows(TokenCacheException.class, () -> cache.commit(null, larger));
        assertEquals(Code.DOCUMENT_TOO_LARGE, error.code());
    }
}
