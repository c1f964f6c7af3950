"""Monopod on a cluster."""
import json
from collections import namedtuple

from commands import Commands, Failure

NAMESPACE = "monopod"
LABEL = "app.kubernetes.io/name=monopod"
CAMERA_PORT = 5570
HTTP_PORT = 9570

Member = namedtuple("Member", "pod node address node_address uid")


class Group(Commands):
    def __init__(self, options):
        super().__init__(options, NAMESPACE)

    def members(self):
        return [Member(p["metadata"]["name"], p["spec"].get("nodeName"), p["status"].get("podIP"),
                       p["status"].get("hostIP"), p["metadata"]["uid"]) for p in self.pods(LABEL)]

    def servers(self):
        """The addresses for cameras outside: those of all nodes, which have the port (hostPort)."""
        return ",".join(f"tcp://{n}:{CAMERA_PORT}" for n in sorted({m.node_address for m in self.members()}))

    def get(self, member, path):
        return self.fetch(member.address, HTTP_PORT, path)

    def status(self, member):
        """The pod's status; None if it does not answer."""
        try:
            return json.loads(self.get(member, "/api/v1/status"))
        except ValueError:
            return None

    def standing(self):
        return [(m, self.status(m)) for m in self.members()]

    def primary(self):
        for m, s in self.standing():
            if s and s.get("group", {}).get("serving"):
                return m
        raise Failure("no pod is primary")

    def backup(self):
        for m, s in self.standing():
            if s and s.get("ready") and not s.get("group", {}).get("serving"):
                return m
        raise Failure("no pod is a backup")

    def delete_pod(self, part):
        self.kubectl("delete", "pod", (self.primary() if part == "primary" else self.backup()).pod, "--wait=false")
