#!/usr/bin/env python3
"""An API server of Kubernetes that has one EndpointSlice, for tests/unit/announcer.cpp.

usage: api_server.py FOLDER

FOLDER has ca.crt and key.pem. The slice is FOLDER/slice.json, which the test may change; without it there is none. As
with the role of k8s/base, slices may be read and replaced, and not be made. Writes its port to FOLDER/port.
"""
import http.server
import json
import os
import ssl
import sys

FOLDER = sys.argv[1]
SLICE = os.path.join(FOLDER, "slice.json")


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, text="{}"):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def slice(self):
        with open(SLICE, encoding="utf-8") as file:
            return json.load(file)

    def do_GET(self):
        if "endpointslices/" not in self.path:
            return self.answer(200)
        return self.answer(200, json.dumps(self.slice())) if os.path.exists(SLICE) else self.answer(404)

    def do_PUT(self):
        new = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        version = self.slice()["metadata"]["resourceVersion"]
        if new["metadata"]["resourceVersion"] != version:
            return self.answer(409)
        new["metadata"]["resourceVersion"] = str(int(version) + 1)
        with open(SLICE + ".new", "w", encoding="utf-8") as file:
            json.dump(new, file)
        os.rename(SLICE + ".new", SLICE)
        return self.answer(200, json.dumps(new))

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        return self.answer(403)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(os.path.join(FOLDER, "ca.crt"), os.path.join(FOLDER, "key.pem"))
server.socket = context.wrap_socket(server.socket, server_side=True)
with open(os.path.join(FOLDER, "port.new"), "w", encoding="utf-8") as port:
    port.write(str(server.server_port))
os.rename(os.path.join(FOLDER, "port.new"), os.path.join(FOLDER, "port"))
server.serve_forever()
