"""A Secret Service whose collection is locked, and whose prompt nobody answers, until `Answer` is called. Prints a line once it serves."""
import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib

SECRETS = "/org/freedesktop/secrets"
COLLECTION, ALIAS, ITEM = SECRETS + "/collection/only", SECRETS + "/aliases/default", SECRETS + "/collection/only/1"
SESSION, PROMPT = SECRETS + "/session/1", SECRETS + "/prompt/1"
INTERFACES = Gio.DBusNodeInfo.new_for_xml("""<node>
<interface name="org.freedesktop.Secret.Service">
  <method name="OpenSession"><arg type="s" direction="in"/><arg type="v" direction="in"/>
    <arg type="v" direction="out"/><arg type="o" direction="out"/></method>
  <method name="SearchItems"><arg type="a{ss}" direction="in"/><arg type="ao" direction="out"/><arg type="ao" direction="out"/></method>
  <method name="Unlock"><arg type="ao" direction="in"/><arg type="ao" direction="out"/><arg type="o" direction="out"/></method>
  <method name="GetSecrets"><arg type="ao" direction="in"/><arg type="o" direction="in"/>
    <arg type="a{o(oayays)}" direction="out"/></method>
  <method name="Answer"/>
  <property name="Collections" type="ao" access="read"/>
</interface>
<interface name="org.freedesktop.Secret.Collection">
  <method name="CreateItem"><arg type="a{sv}" direction="in"/><arg type="(oayays)" direction="in"/><arg type="b" direction="in"/>
    <arg type="o" direction="out"/><arg type="o" direction="out"/></method>
  <property name="Locked" type="b" access="read"/>
</interface>
<interface name="org.freedesktop.Secret.Prompt">
  <method name="Prompt"><arg type="s" direction="in"/></method>
  <method name="Dismiss"/>
  <signal name="Completed"><arg type="b"/><arg type="v"/></signal>
</interface>
</node>""")
state = {"locked": True, "secret": b"kept", "asked": None}


def secrets(paths):
    return {} if state["locked"] else {ITEM: (SESSION, b"", state["secret"], "text/plain")}


def answer(connection):
    state["locked"] = False
    completed = GLib.Variant("(bv)", (False, GLib.Variant("ao", [ITEM])))
    connection.emit_signal(state["asked"], PROMPT, "org.freedesktop.Secret.Prompt", "Completed", completed)


def called(connection, sender, _path, _interface, method, parameters, invocation):
    if method == "OpenSession" and parameters.unpack()[0] != "plain":
        invocation.return_dbus_error("org.freedesktop.DBus.Error.NotSupported", "plain only")
    elif method == "OpenSession":
        invocation.return_value(GLib.Variant("(vo)", (GLib.Variant("s", ""), SESSION)))
    elif method == "SearchItems":
        invocation.return_value(GLib.Variant("(aoao)", ([], [ITEM]) if state["locked"] else ([ITEM], [])))
    elif method == "Unlock":
        invocation.return_value(GLib.Variant("(aoo)", ([], PROMPT)))
    elif method == "GetSecrets":
        invocation.return_value(GLib.Variant("(a{o(oayays)})", (secrets(parameters.unpack()[0]),)))
    elif method == "CreateItem" and state["locked"]:
        invocation.return_dbus_error("org.freedesktop.Secret.Error.IsLocked", "locked")
    elif method == "CreateItem":
        state["secret"] = bytes(parameters.unpack()[1][2])
        invocation.return_value(GLib.Variant("(oo)", (ITEM, "/")))
    else:
        if method == "Prompt":
            state["asked"] = sender
            print("asked", flush=True)
        elif method == "Answer":
            answer(connection)
        invocation.return_value(None)


def property_of(_connection, _sender, _path, _interface, name):
    return GLib.Variant("b", state["locked"]) if name == "Locked" else GLib.Variant("ao", [COLLECTION])


def serve(connection, _name):
    service, collection, prompt = INTERFACES.interfaces
    for path, interface in ((SECRETS, service), (COLLECTION, collection), (ALIAS, collection), (PROMPT, prompt)):
        connection.register_object(path, interface, called, property_of, None)


Gio.bus_own_name(
    Gio.BusType.SESSION, "org.freedesktop.secrets", Gio.BusNameOwnerFlags.NONE, serve, lambda *_: print("serves", flush=True), None
)
GLib.MainLoop().run()
