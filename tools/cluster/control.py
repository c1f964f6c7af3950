"""The control on a cluster: where its three components are placed, and which of them a camera's frames pass."""
import json
import re

from commands import Commands, Failure, until

NAMESPACE = "monopod-control"
COMPONENTS = ("nats", "gateway", "vision")
NATS_HTTP_PORT = 8222
METRICS_PORT = {"gateway": 9571, "vision": 9572}
WORKLOADS = {"nats": "statefulset/nats", "gateway": "deployment/gateway", "vision": "deployment/vision"}


def place(workload, nodes):
    """Places its replicas on these nodes only, and on as many of them as there are replicas."""
    spec = workload["spec"]["template"]["spec"]
    wanted = {"key": "kubernetes.io/hostname", "operator": "In", "values": sorted(nodes)}
    spec["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
        "nodeSelectorTerms": [{"matchExpressions": [wanted]}]}}}
    for constraint in spec["topologySpreadConstraints"]:
        constraint["whenUnsatisfiable"] = "DoNotSchedule"


def on_the_way(gateways, nats, victim, failing):
    """Gateways whose frames pass all failing components on the victim, and no other component there. `nats`: the
    node of the server that a gateway is connected to, by the gateway's address."""
    return [g for g in gateways
            if (g["spec"]["nodeName"] == victim) == ("gateway" in failing)
            and g["status"].get("podIP") in nats
            and (nats[g["status"]["podIP"]] == victim) == ("nats" in failing)]


class Control(Commands):
    def __init__(self, options):
        super().__init__(options, NAMESPACE)

    def component(self, name):
        return self.pods(f"app.kubernetes.io/name={name}")

    def servers(self):
        """The address for cameras outside: the Service of gateways at all nodes, as a gRPC name."""
        service = json.loads(self.kubectl("get", "service", "gateway", "-o", "json"))
        port = service["spec"]["ports"][0]["nodePort"]
        return "ipv4:" + ",".join(f"{address}:{port}" for _, address in sorted(self.nodes().items()))

    # -- what fails

    def victim(self):
        """The node to fail: the last by name, which is the least likely to be a server of K3s."""
        return sorted(self.nodes())[-1]

    def place_components(self, objects, failing):
        """Arranges that these components have a replica on the victim, and the others none."""
        victim, nodes = self.victim(), sorted(self.nodes())
        with_victim = [victim] + [n for n in nodes if n != victim][:2]
        for o in objects:
            if o["kind"] in ("Deployment", "StatefulSet"):
                name = o["metadata"]["name"]
                place(o, with_victim if name in failing else [n for n in nodes if n != victim])

    def nats_of_gateways(self):
        """For the address of each gateway's pod, the node of the NATS server to which it is connected."""
        found = {}
        for pod in self.component("nats"):
            said = self.fetch(pod["status"].get("podIP"), NATS_HTTP_PORT, "/connz?limit=1000")
            for connection in json.loads(said or "{}").get("connections", []):
                found[connection["ip"]] = pod["spec"]["nodeName"]
        return found

    def on_the_way(self, failing):
        return on_the_way(self.component("gateway"), self.nats_of_gateways(), self.victim(), failing)

    def arrange(self, failing):
        """Starts new gateways, which choose their NATS servers by chance, until one has chosen the victim's."""
        for _ in range(20):
            if self.on_the_way(failing):
                return
            for g in self.component("gateway"):
                if (g["spec"]["nodeName"] == self.victim()) == ("gateway" in failing):
                    self.kubectl("delete", "pod", g["metadata"]["name"])
                    break
            self.wait_ready()
        raise Failure("no gateway uses the NATS server that is to fail")

    # -- what works

    def wait_ready(self):
        for workload in WORKLOADS.values():
            self.rolled_out(workload)
        until(lambda: len(self.nats_of_gateways()) == 3, "three gateways connected to NATS", 60)

    def frames_of(self, gateway):
        said = self.fetch(gateway["status"].get("podIP"), METRICS_PORT["gateway"], "/metrics")
        found = re.search(r"^monopod_control_frames_total (\S+)", said, re.M)
        return float(found.group(1)) if found else 0

    def gateway_of_camera(self):
        """The pod to which the camera that streams now is connected, since the Service may give it any."""
        before = {g["metadata"]["name"]: self.frames_of(g) for g in self.component("gateway")}

        def busy():
            return [g["metadata"]["name"] for g in self.component("gateway")
                    if self.frames_of(g) > before.get(g["metadata"]["name"], 0)]
        return until(busy, "frames at a gateway", 20)[0]

    def passes_victim(self, failing):
        """Whether the camera that streams now has a gateway as wanted."""
        wanted = [g["metadata"]["name"] for g in self.on_the_way(failing)]
        return self.gateway_of_camera() in wanted

    def delete_pod(self, part):
        """A vision application's pod, all of which are alike, or that of the camera's gateway."""
        pod = self.gateway_of_camera() if part == "gateway" else self.component(part)[0]["metadata"]["name"]
        self.kubectl("delete", "pod", pod, "--wait=false")

    def metrics(self):
        """The addresses at which each process states its usage."""
        urls = [f"http://{p['status']['podIP']}:{NATS_HTTP_PORT}/varz" for p in self.component("nats")]
        for name, port in METRICS_PORT.items():
            urls += [f"http://{p['status']['podIP']}:{port}/metrics" for p in self.component(name)]
        return urls
