"""The ways to reach a cluster: kubectl, a host outside of it, its nodes' power, and its pods' HTTP answers."""
import json
import os
import shlex
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Failure(Exception):
    pass


def add_arguments(p):
    """Adds the options that say which cluster it is, and how to reach it."""
    p.add_argument("--kubectl", default="kubectl", help="command (%(default)s; KUBECONFIG counts)")
    p.add_argument("--outside", default="", help="prefix that runs a command on a host outside the cluster, which the "
                                                 "pods reach as their cloud; empty: here")


def add_power(p):
    """Adds the commands that break a node; each gets the node's name in place of {}."""
    p.add_argument("--fail", default="", help="command that powers a node off")
    p.add_argument("--restore", default="", help="command that powers it on again")


def run(command, check=True, text=None):
    done = subprocess.run(command, check=False, capture_output=True, text=True, input=text, timeout=400)
    if check and done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or "failed").splitlines()
        raise Failure(f"{' '.join(command)}: {'; '.join(said[-2:])}")  # the last words of the command in the pod and of
                                                                       # kubectl
    return done.stdout


def until(holds, what, timeout_s, period_s=0.5):
    """Waits until `holds` returns something true, and returns that."""
    end_s = time.monotonic() + timeout_s
    while True:
        found = holds()
        if found:
            return found
        if time.monotonic() > end_s:
            raise Failure(f"{what} not within {timeout_s} s")
        time.sleep(period_s)


def nodes_for_pods(items):
    """Name and address of each node that takes ordinary pods, even while it is off."""
    found = {}
    for node in items:
        taints = [t["effect"] for t in node["spec"].get("taints", []) if not t["key"].startswith("node.kubernetes.io/")]
        if "NoSchedule" in taints or node["spec"].get("unschedulable"):
            continue
        found[node["metadata"]["name"]] = next(a["address"] for a in node["status"]["addresses"]
                                               if a["type"] == "InternalIP")
    return found


class Commands:
    """The commands for one namespace."""

    def __init__(self, options, namespace):
        self.options = options
        self.namespace = namespace

    # -- the API server

    def kubectl_command(self, *words):
        return shlex.split(self.options.kubectl) + ["-n", self.namespace, *words]

    def kubectl(self, *words, text=None, check=True):
        return run(self.kubectl_command(*words), text=text, check=check)

    def objects(self, *words):
        return json.loads(self.kubectl("get", *words, "-o", "json"))["items"]

    def pods(self, labels):
        """The pods that are not being deleted."""
        return [p for p in self.objects("pods", "-l", labels) if "deletionTimestamp" not in p["metadata"]]

    def rolled_out(self, what):
        self.kubectl("rollout", "status", what, "--timeout=300s")

    # -- a host outside

    def outside(self, *words):
        return shlex.split(self.options.outside) + list(words)

    def fetch(self, address, port, path):
        """The pod's own answer, asked from outside; empty if it does not answer."""
        if not address:
            return ""
        return run(self.outside("curl", "-s", "-m", "2", f"http://{address}:{port}{path}"), check=False)

    # -- nodes

    def nodes(self):
        return nodes_for_pods(self.objects("nodes"))

    def wait_nodes(self):
        self.kubectl("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=300s")

    def node_command(self, what, node):
        template = getattr(self.options, what)
        if not template:
            raise Failure(f"this needs --{what}: a command with {{}} for the node's name")
        run([word.replace("{}", node) for word in shlex.split(template)])

    def fail(self, node):
        self.node_command("fail", node)

    def restore(self, node):
        self.node_command("restore", node)
