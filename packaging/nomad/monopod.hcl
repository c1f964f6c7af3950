# Three Monopod nodes on Nomad, one on each of three clients: the layout of k8s/, for sites with Nomad instead. Checked
# for syntax only; it has not been run on a cluster yet.
#
#   nomad job run -var 'members=pi1,pi2,pi3' -var 'cloud=10.0.0.9' packaging/nomad/monopod.hcl
#
# Each client must offer Consul's DNS and a host volume "monopod", since votes and identity must outlive the allocation.

variable "members" {
  type        = string
  description = "Names of the three clients, separated by commas: the machines where it runs, and the group's members"
}

variable "cloud" {
  type        = string
  description = "Host of the MQTT broker"
}

variable "image" {
  type    = string
  default = "localhost/monopod:0.1"
}

job "monopod" {
  type = "service"

  constraint {
    operator = "distinct_hosts"
    value    = "true"
  }

  constraint {
    attribute = "${node.unique.name}"
    operator  = "set_contains_any"
    value     = var.members
  }

  # One node after the other; a primary hands over before it ends.
  update {
    max_parallel     = 1
    health_check     = "checks"
    min_healthy_time = "1s"
    healthy_deadline = "2m"
  }

  group "nodes" {
    count = 3

    # A node is of no use elsewhere, so it waits for its client.
    max_client_disconnect = "24h"

    network {
      mode = "host"
      port "cameras" { static = 5570 }
      port "apps" { static = 5571 }
      port "peers" { static = 5580 }
      port "http" { static = 9570 }
    }

    volume "state" {
      type   = "host"
      source = "monopod"
    }

    # Discovery only: members are found whether they are healthy or not, and nothing concludes from it which are alive.
    service {
      name = "monopod-peers"
      port = "peers"
    }

    service {
      name = "monopod"
      port = "http"

      check {
        name     = "ready"
        type     = "http"
        path     = "/readyz"
        interval = "2s"
        timeout  = "1s"
      }
    }

    task "monopod" {
      driver       = "docker"
      kill_timeout = "15s"

      config {
        image           = var.image
        network_mode    = "host"
        readonly_rootfs = true
        cap_drop        = ["all"]
      }

      volume_mount {
        volume      = "state"
        destination = "/var/lib/monopod"
      }

      env {
        MONOPOD_NODE             = "${node.unique.name}"
        MONOPOD_GROUP_MEMBERS    = var.members
        MONOPOD_GROUP_DISCOVER   = "monopod-peers.service.consul:5580"
        MONOPOD_GATEWAY_LISTEN   = "tcp://0.0.0.0:5570"
        MONOPOD_BROKER_LISTEN    = "tcp://0.0.0.0:5571"
        MONOPOD_HTTP_LISTEN      = "0.0.0.0:9570"
        MONOPOD_CLOUD_LOCAL_HOST = var.cloud
      }

      resources {
        cpu    = 100
        memory = 256
      }
    }
  }
}
