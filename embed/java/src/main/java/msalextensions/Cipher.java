package msalextensions;

/**
 * Encrypts what is stored. The methods are called by one thread at a time and, but for the {@code unprotect} of a load, under the lock of the
 * cache, so a slow one holds up every other process.
 */
public interface Cipher {
    byte[] protect(byte[] plain) throws Exception;

    /**
     * @throws TokenCacheException its code is reported, {@link Code#KEY_NOT_FOUND} say
     * @throws Exception reported as {@link Code#UNPROTECT_FAILED}. What cannot be decrypted is never overwritten
     */
    byte[] unprotect(byte[] encrypted) throws Exception;
}
