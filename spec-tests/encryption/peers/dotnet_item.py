"""An item of .NET's extensions, by the calls that LinuxKeyringAccessor makes: `save` stores standard input, `load` prints what is stored.

    dotnet_item.py save|load <schema> <attribute 1> <value 1> <attribute 2> <value 2>
"""
import base64
import sys

import gi

gi.require_version("Secret", "1")
from gi.repository import Secret

verb, name, key_1, value_1, key_2, value_2 = sys.argv[1:]
STRING = Secret.SchemaAttributeType.STRING
schema = Secret.Schema.new(name, Secret.SchemaFlags.DONT_MATCH_NAME, {key_1: STRING, key_2: STRING})
attributes = {key_1: value_1, key_2: value_2}
if verb == "save":
    text = base64.b64encode(sys.stdin.buffer.read()).decode()
    Secret.password_store_sync(schema, attributes, Secret.COLLECTION_DEFAULT, "MSAL", text, None)
else:
    sys.stdout.buffer.write(base64.b64decode(Secret.password_lookup_sync(schema, attributes, None) or ""))
