"""As cold.mjs, in Python.   cold.py <bare | import> <cache>"""
import sys

if sys.argv[1] == "import":
    from msal_extensions import FilePersistence, PersistedTokenCache

    if not PersistedTokenCache(FilePersistence(sys.argv[2])).find("Account"):
        raise SystemExit("nothing was loaded")
