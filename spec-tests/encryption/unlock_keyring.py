"""Unlocks GNOME Keyring's login collection with the password of the tests, where no prompt can."""
import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib

LOGIN = "/org/freedesktop/secrets/collection/login"
bus = Gio.bus_get_sync(Gio.BusType.SESSION)


def call(interface, method, arguments):
    name, path = "org.freedesktop.secrets", "/org/freedesktop/secrets"
    return bus.call_sync(name, path, interface, method, arguments, None, Gio.DBusCallFlags.NONE, 30_000).unpack()


_, session = call("org.freedesktop.Secret.Service", "OpenSession", GLib.Variant("(sv)", ("plain", GLib.Variant("s", ""))))
secret = GLib.Variant("(o(oayays))", (LOGIN, (session, b"", b"password", "text/plain")))
call("org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface", "UnlockWithMasterPassword", secret)
