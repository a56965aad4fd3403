package msalextensions;

/**
 * What the memory of an application holds.
 *
 * @param spelled as msal4j spells it, with what it keeps of what others have removed
 * @param stored as whoever stored it spells it
 */
record Memory(byte[] spelled, byte[] stored) {}
