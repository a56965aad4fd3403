"""Python's LibsecretPersistence as it is: `save <location>` stores standard input, `load <location>` prints what is stored."""
import sys

from msal_extensions import LibsecretPersistence

persistence = LibsecretPersistence(sys.argv[2])
if sys.argv[1] == "save":
    persistence.save(sys.stdin.read())
else:
    sys.stdout.write(persistence.load())
