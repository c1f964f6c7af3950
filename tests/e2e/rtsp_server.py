#!/usr/bin/python3
"""An RTSP camera for tests, by GStreamer's server library: /jpeg and /h264 of a test picture, for the
user "viewer" with the password "secret" only.

usage: rtsp_server.py PORT PORT_FILE [CERTIFICATE]
PORT 0: a free one; PORT_FILE gets it once the server listens; CERTIFICATE with its key, PEM: by TLS
"""
import os
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtspServer  # noqa: E402

PICTURES = "videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=240,framerate=25/1"
STREAMS = {
    "/jpeg": f"( {PICTURES} ! jpegenc ! rtpjpegpay name=pay0 )",
    "/h264": f"( {PICTURES} ! openh264enc gop-size=25 ! rtph264pay config-interval=1 name=pay0 )",
}


def restrict(server, certificate):
    """Only the user "viewer" may watch."""
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth = GstRtspServer.RTSPAuth()
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic("viewer", "secret"), token)
    if certificate:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(certificate))
    server.set_auth(auth)


def main(port, port_file, certificate=None):
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    restrict(server, certificate)
    for path, launch in STREAMS.items():
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(launch)
        factory.set_shared(True)
        factory.add_role_from_structure(Gst.Structure.new_from_string(
            "viewer,media.factory.access=(boolean)true,media.factory.construct=(boolean)true"))
        server.get_mount_points().add_factory(path, factory)
    if server.attach(None) == 0:
        sys.exit("can't listen at port " + port)
    with open(port_file + ".new", "w", encoding="utf-8") as file:
        file.write(str(server.get_bound_port()))
    os.rename(port_file + ".new", port_file)  # whole, or not there
    GLib.MainLoop().run()


if len(sys.argv) not in (3, 4):
    sys.exit(__doc__)
main(*sys.argv[1:])
