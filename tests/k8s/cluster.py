"""A cluster with Monopod on it, a cloud outside, and what breaks its nodes."""
import json
import os
import shlex
import signal
import subprocess
import time
from collections import namedtuple

NAMESPACE = "monopod"
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MQTT_PORT = 1883
CAMERA_PORT = 5570
FPS = 10  # of each camera
# As Monopod's own Service would be without it: the ready pods, as the control plane sees them.
REFERENCE = {
    "apiVersion": "v1", "kind": "Service", "metadata": {"name": "reference", "namespace": NAMESPACE},
    "spec": {"selector": {"app.kubernetes.io/name": "monopod"}, "ports": [{"port": 5570}]}}

Member = namedtuple("Member", "pod node address node_address uid")


class Failure(Exception):
    pass


def bystander(image, pull_policy):
    """Some other workload of three pods, which the group has nothing to do with."""
    labels = {"app": "bystander"}
    container = {"name": "bystander", "image": image, "imagePullPolicy": pull_policy, "args": ["run", "--node", "bystander"]}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "bystander", "namespace": NAMESPACE},
        "spec": {"replicas": 3, "selector": {"matchLabels": labels},
                 "strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
                 "template": {"metadata": {"labels": labels},
                              "spec": {"terminationGracePeriodSeconds": 5, "containers": [container]}}}}


def add_arguments(p):
    """What says which cluster, and how to reach it."""
    p.add_argument("--overlay", default="k8s/overlays/lab", help="what is applied (%(default)s)")
    p.add_argument("--kubectl", default="kubectl", help="command (%(default)s; KUBECONFIG counts)")
    p.add_argument("--outside", default="", help="prefix that runs a command on a host outside the cluster, which the "
                                                 "pods reach as their cloud; empty: here")
    p.add_argument("--bin", default=os.path.join(ROOT, "build/release/bin"), help="folder of the programs")
    p.add_argument("--keep", action="store_true", help="leave the Deployment in the cluster")
    p.add_argument("--json", help="write the figures to this file, too")


class Cluster:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
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
            self.kubectl("delete", "namespace", NAMESPACE, "--wait=true", "--timeout=120s", check=False)
        end(self.broker)

    # -- commands

    @staticmethod
    def run(command, check=True, text=None):
        done = subprocess.run(command, check=False, capture_output=True, text=True, input=text, timeout=400)
        if check and done.returncode != 0:
            raise Failure(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def kubectl_command(self, *words):
        return shlex.split(self.options.kubectl) + ["-n", NAMESPACE, *words]

    def kubectl(self, *words, text=None, check=True):
        return self.run(self.kubectl_command(*words), text=text, check=check)

    def outside(self, *words):
        return shlex.split(self.options.outside) + list(words)

    def program(self, name):
        return os.path.join(self.options.bin, name)

    def start_outside(self, command, **how):
        # A session of its own: a prefix that does not pass signals on is ended with what it started.
        return subprocess.Popen(self.outside(*command), start_new_session=True, **how)

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

    def apply(self):
        self.kubectl("apply", "-k", os.path.join(ROOT, self.options.overlay))
        self.kubectl("apply", "-f", "-", text=json.dumps(REFERENCE))

    def add_bystander(self):
        """With the image that every node has."""
        own = json.loads(self.kubectl("get", "deployment/monopod", "-o", "json"))["spec"]["template"]["spec"]["containers"][0]
        self.kubectl("apply", "-f", "-", text=json.dumps(bystander(own["image"], own["imagePullPolicy"])))
        self.rolled_out("bystander")

    def replace_pods(self, deployment):
        self.kubectl("rollout", "restart", f"deployment/{deployment}")
        self.rolled_out(deployment)

    def rolled_out(self, deployment):
        self.kubectl("rollout", "status", f"deployment/{deployment}", "--timeout=300s")

    def members(self):
        pods = json.loads(self.kubectl("get", "pods", "-l", "app.kubernetes.io/name=monopod", "-o", "json"))["items"]
        return [Member(p["metadata"]["name"], p["spec"].get("nodeName"), p["status"].get("podIP"),
                       p["status"].get("hostIP"), p["metadata"]["uid"])
                for p in pods if "deletionTimestamp" not in p["metadata"]]

    def get(self, member, path):
        """What the pod itself says, asked from outside; empty where it does not answer."""
        if not member.address:
            return ""
        return self.run(self.outside("curl", "-s", "-m", "2", f"http://{member.address}:9570{path}"), check=False)

    def status(self, member):
        """None where the pod does not answer."""
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

    # -- what Kubernetes says when it changes

    def endpoints_until(self, holds, what, timeout_s):
        """Until the ready pods' addresses, as the control plane sees them, are as wanted. Returns the seconds it took."""
        start_s = time.monotonic()
        watch = subprocess.Popen(
            self.kubectl_command("get", "endpoints", "reference", "--watch", f"--request-timeout={timeout_s}s",
                                 "-o", 'jsonpath={.subsets[*].addresses[*].ip}{"\\n"}'),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            for line in watch.stdout:
                if holds(set(line.split())):
                    return time.monotonic() - start_s
        finally:
            watch.kill()
            watch.wait()
        raise Failure(f"{what} not within {timeout_s} s")

    def wait_whole(self):
        """Three ready pods: each is in the group's view."""
        self.endpoints_until(lambda ready: len(ready) == 3, "three ready pods", 300)

    def undisturbed(self, seconds):
        """For so long, during which no pod may change."""
        changes = self.kubectl("get", "pods", "--watch-only", f"--request-timeout={seconds}s", check=False)
        if changes:
            raise Failure(f"pods changed while nothing should happen: {changes}")

    def wait_gone(self, member):
        self.kubectl("wait", "--for=delete", f"pod/{member.pod}", "--timeout=120s")

    def endpoint_removed(self, member):
        """Seconds until the control plane takes the pod out of an ordinary Service."""
        return self.endpoints_until(lambda ready: member.address not in ready, f"{member.address} out of the Service", 120)


class Watch:
    """Cameras and a consumer outside the cluster (monopod-lab watch)."""

    def __init__(self, cluster, cameras, servers=None):
        nodes = sorted({m.node_address for m in cluster.members()})
        servers = servers or ",".join(f"tcp://{n}:{CAMERA_PORT}" for n in nodes)
        self.cameras = cameras
        self.process = cluster.start_outside(
            [cluster.program("monopod-lab"), "watch", "--server", servers, "--mqtt-port", str(MQTT_PORT),
             "--cameras", str(cameras), "--fps", str(FPS)],
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

    def results_for(self, seconds):
        """Until so many more results have come as the cameras' frames of that time."""
        count = seconds * FPS * self.cameras
        self.process.stdin.write(f"results {count}\n")
        if self.answer()["came"] < count:
            raise Failure("no results come any more")

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
