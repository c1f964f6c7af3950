"""A cluster with Monopod on it, a cloud outside, and what breaks its nodes."""
import json
import os
import shlex
import signal
import subprocess
import time
from collections import namedtuple

NAMESPACE = "monopod"
MQTT_PORT = 1883
CAMERA_PORT = 5570
# As Monopod's own Service would be without it: the ready pods, as the control plane sees them.
REFERENCE = {
    "apiVersion": "v1", "kind": "Service", "metadata": {"name": "reference", "namespace": NAMESPACE},
    "spec": {"selector": {"app.kubernetes.io/name": "monopod"}, "ports": [{"port": 5570}]}}

Member = namedtuple("Member", "pod node address node_address uid")


class Failure(Exception):
    pass


class Cluster:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.control_plane = options.control_plane
        self.broker = None

    def __enter__(self):
        conf = os.path.join(self.folder, "mosquitto.conf")
        with open(conf, "w", encoding="utf-8") as f:
            f.write(f"listener {MQTT_PORT} 0.0.0.0\nallow_anonymous true\n")
        self.broker = self.start_outside(["mosquitto", "-c", conf], stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        if not self.options.keep:
            self.run(shlex.split(self.options.kubectl) + ["delete", "namespace", NAMESPACE, "--wait=true", "--timeout=120s"],
                     check=False)
        end(self.broker)

    # -- commands

    @staticmethod
    def run(command, check=True, text=None):
        done = subprocess.run(command, check=False, capture_output=True, text=True, input=text, timeout=400)
        if check and done.returncode != 0:
            raise Failure(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def kubectl(self, *words, text=None):
        return self.run(shlex.split(self.options.kubectl) + ["-n", NAMESPACE, *words], text=text)

    def start_outside(self, command, **how):
        # A session of its own: a prefix that does not pass signals on is ended with what it started.
        return subprocess.Popen(shlex.split(self.options.outside) + command, start_new_session=True, **how)

    def node_command(self, what, node):
        template = getattr(self.options, what)
        if not template:
            raise Failure(f"this row needs --{what}: a command with {{}} for the node's name")
        self.run([word.replace("{}", node) for word in shlex.split(template)])

    def fail(self, node):
        self.node_command("fail", node)

    def restore(self, node):
        self.node_command("restore", node)

    def cut(self, node):
        self.node_command("cut", node)

    def mend(self, node):
        self.node_command("mend", node)

    # -- the Deployment

    def apply(self, overlay):
        self.run(shlex.split(self.options.kubectl) + ["apply", "-k", overlay])
        self.kubectl("apply", "-f", "-", text=json.dumps(REFERENCE))

    def members(self):
        pods = json.loads(self.kubectl("get", "pods", "-l", "app.kubernetes.io/name=monopod", "-o", "json"))["items"]
        return [Member(p["metadata"]["name"], p["spec"].get("nodeName"), p["status"].get("podIP"),
                       p["status"].get("hostIP"), p["metadata"]["uid"])
                for p in pods if "deletionTimestamp" not in p["metadata"]]

    def status(self, member):
        """What the pod itself says, asked from outside; None where it does not answer."""
        if not member.address:
            return None
        text = self.run(shlex.split(self.options.outside) +
                        ["curl", "-s", "-m", "2", f"http://{member.address}:9570/api/v1/status"], check=False)
        try:
            return json.loads(text)
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

    def wait_whole(self, timeout_s=240):
        """Three members, all in the view, one of them primary."""
        end_s = time.monotonic() + timeout_s
        while True:
            standing = self.standing()
            ready = [s for _, s in standing if s and s.get("ready")]
            if len(ready) == 3 and sum(bool(s.get("group", {}).get("serving")) for s in ready) == 1:
                return
            if time.monotonic() > end_s:
                raise Failure("the group is not whole: " + ", ".join(
                    f"{m.node} {'ready' if s and s.get('ready') else 'not ready' if s else 'silent'}"
                    for m, s in standing))
            time.sleep(0.5)

    def wait_for_new_pod(self, old, timeout_s=120):
        end_s = time.monotonic() + timeout_s
        while any(m.uid == old.uid for m in self.members()) or len(self.members()) < 3:
            if time.monotonic() > end_s:
                raise Failure(f"nobody follows {old.pod}")
            time.sleep(0.5)

    def endpoint_removed(self, member, timeout_s=120):
        """Seconds until the control plane takes the pod out of an ordinary Service."""
        start_s = time.monotonic()
        while time.monotonic() < start_s + timeout_s:
            subsets = json.loads(self.kubectl("get", "endpoints", "reference", "-o", "json")).get("subsets") or []
            if all(member.address != a["ip"] for s in subsets for a in s.get("addresses", [])):
                return time.monotonic() - start_s
            time.sleep(0.2)
        raise Failure(f"{member.address} stays in the Service")


class Watch:
    """Cameras and a consumer outside the cluster (monopod-lab watch)."""

    def __init__(self, cluster, program, cameras):
        nodes = sorted({m.node_address for m in cluster.members()})
        servers = ",".join(f"tcp://{n}:{CAMERA_PORT}" for n in nodes)
        self.process = cluster.start_outside(
            [program, "watch", "--server", servers, "--mqtt-port", str(MQTT_PORT), "--cameras", str(cameras)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def __enter__(self):
        self.answer()
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        end(self.process)

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failure("monopod-lab watch ended")
        return json.loads(line)

    def begin(self):
        self.process.stdin.write("begin\n")

    def end(self):
        self.process.stdin.write("end\n")
        found = self.answer()
        if not found["flows"]:
            raise Failure(f"frames do not flow again: {found}")
        return found


def end(process):
    """By its process group, whose number is the process id."""
    if process.poll() is None:
        try:
            process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
