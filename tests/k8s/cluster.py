"""A cluster with Monopod on it, and a cloud outside."""
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools/cluster"))
import commands  # noqa: E402
from commands import ROOT, Failure  # noqa: E402
from group import CAMERA_PORT, HTTP_PORT, NAMESPACE, Group  # noqa: E402

MQTT_PORT = 1883
FPS = 10  # of each camera


def service(name, selected):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": NAMESPACE},
            "spec": {"selector": {"app.kubernetes.io/name": selected}, "ports": [{"port": CAMERA_PORT}]}}


# A Service as it would be without Monopod's own: the ready pods, as the control plane sees them.
REFERENCE = service("reference", "monopod")


def bystander(deployment):
    """A Deployment that needs of the cluster what Monopod's needs, and is independent of the group: the same image,
    ports, probes and volumes on the same nodes, each pod a node of its own."""
    wanted = json.loads(json.dumps(deployment["spec"]).replace('"app.kubernetes.io/name": "monopod"',
                                                              '"app.kubernetes.io/name": "bystander"'))
    pod = wanted["template"]["spec"]
    container = pod["containers"][0]
    container["args"] = ["run", "--node", "bystander", "--gateway.listen", f"tcp://0.0.0.0:{CAMERA_PORT}",
                         "--http.listen", f"0.0.0.0:{HTTP_PORT}", "--vision.emulator.cameras", "*"]
    for unwanted in "env", "envFrom":
        container.pop(unwanted, None)
    for port in container["ports"]:
        if "hostPort" in port:
            port["hostPort"] += 10000
    for volume in pod["volumes"]:
        if "hostPath" in volume:
            volume["hostPath"]["path"] = "/var/lib/bystander"
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "bystander", "namespace": NAMESPACE},
            "spec": wanted}


def add_arguments(p):
    commands.add_arguments(p)
    p.add_argument("--overlay", default="k8s/overlays/lab", help="what is applied (%(default)s)")
    p.add_argument("--bin", default=os.path.join(ROOT, "build/release/bin"), help="folder of the programs")
    p.add_argument("--keep", action="store_true", help="leave the Deployment in the cluster")
    p.add_argument("--json", help="write the figures to this file, too")


class Cluster(Group):
    def __init__(self, options, folder):
        super().__init__(options)
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

    # -- programs, and failures of nodes' network

    def program(self, name):
        return os.path.join(self.options.bin, name)

    def start_outside(self, command, **how):
        # Gives it a session of its own, so that a prefix that does not pass signals on ends together with the program
        # that it started.
        return subprocess.Popen(self.outside(*command), start_new_session=True, **how)

    def cut(self, node):
        self.node_command("cut", node)

    def mend(self, node):
        self.node_command("mend", node)

    # -- the Deployment

    def apply(self):
        self.kubectl("apply", "-k", os.path.join(ROOT, self.options.overlay))
        self.kubectl("apply", "-f", "-", text=json.dumps(REFERENCE))

    def add_bystander(self):
        own = json.loads(self.kubectl("get", "deployment/monopod", "-o", "json"))
        self.kubectl("apply", "-f", "-", text=json.dumps(bystander(own)))
        self.kubectl("apply", "-f", "-", text=json.dumps(service("bystander", "bystander")))
        self.rolled_out("deployment/bystander")

    def replace_pods(self, deployment):
        self.kubectl("rollout", "restart", f"deployment/{deployment}")
        self.rolled_out(f"deployment/{deployment}")

    def drain(self, node):
        self.kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=120s")

    def scale(self, replicas):
        """Scales; when there are fewer, pods that are on no node go first."""
        self.kubectl("scale", "deployment/monopod", f"--replicas={replicas}")

    def all_servers(self):
        """Also for nodes that have no pod yet."""
        return ",".join(f"tcp://{address}:{CAMERA_PORT}" for address in self.nodes().values())

    def name_nodes(self, nodes, members):
        """Names the nodes where pods may run, and those that may be members, as nodes.yaml of an overlay does."""
        where = {"nodeSelectorTerms": [{"matchExpressions": [
            {"key": "kubernetes.io/hostname", "operator": "In", "values": nodes}]}]}
        self.kubectl("patch", "deployment/monopod", "--patch", json.dumps({"spec": {"template": {"spec": {
            "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": where}},
            "containers": [{"name": "monopod", "env": [{"name": "MONOPOD_GROUP_MEMBERS", "value": ",".join(members)}]}]}}}}))
        self.rolled_out("deployment/monopod")

    def spare_node(self, used):
        spare = [n for n in self.nodes() if n not in used]
        if not spare:
            raise Failure("this needs a node more than the group has")
        return spare[0]

    def member_beside(self, nodes):
        return next(m for m in self.members() if m.node not in nodes)

    def ask_primary(self, *words):
        """Tries once more if another node has become primary meanwhile."""
        asked = self.primary()
        try:
            self.kubectl("exec", asked.pod, "-c", "monopod", "--", "monopod", *words)
        except Failure:
            if self.primary() == asked:
                raise
            self.ask_primary(*words)

    def hand_over_from(self, node, to):
        if self.primary().node == node:
            self.ask_primary("handover", to)

    # -- changes that Kubernetes reports

    def endpoints_until(self, holds, what, timeout_s):
        """Waits until the control plane sees the wanted addresses of ready pods. Returns the seconds that it took."""
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

    def wait_ready(self, pods):
        """Waits until each pod is in the group's view."""
        self.endpoints_until(lambda ready: len(ready) == pods, f"{pods} ready pods", 300)

    def wait_whole(self):
        self.wait_ready(3)

    def undisturbed(self, seconds):
        """Watches for that long, during which no pod may change."""
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
        self.cameras = cameras
        self.process = cluster.start_outside(
            [cluster.program("monopod-lab"), "watch", "--server", servers or cluster.servers(), "--mqtt-port", str(MQTT_PORT),
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
        """Waits until as many more results have arrived as the cameras have frames in that time."""
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
    """Ends it by its process group, whose number is the process id."""
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
