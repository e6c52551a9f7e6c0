/** Job files for tests, which between them use most keys there are. */

export const webShop = `
# A shop front: a long-running service with rolling updates.
job "shop" {
  region = "global"
  datacenters = ["dc1", "dc2"]
  type = "service"
  priority = 70
  all_at_once = false

  /* only on
     recent Linux */
  constraint {
    attribute = "\${attr.kernel.name}"
    value = "linux"
  }
  constraint {
    attribute = "\${attr.nomad.version}"
    version = ">= 0.4.0, < 0.6"
  }
  constraint { distinct_hosts = true }

  update {
    stagger = "30s"
    max_parallel = 1
  }

  meta {
    owner = "web-team"
    "ticket" = "OPS-1"
  }

  group "edge" {
    count = 2
    restart {
      attempts = 3
      interval = "5m"
      delay = "10s"
      mode = "delay"
    }
    meta { tier = "edge" }

    task "proxy" {
      driver = "docker"
      user = "www-data"
      config {
        image = "nginx:1.11"
        args = ["-g", "daemon off;"]
        privileged = false
        shm_size = 67108864
        port_map {
          http = 80
          admin = 8080
        }
        labels { team = "web" }
      }
      env {
        UPSTREAM = "http://\${NOMAD_IP_http}:9000/\${node.datacenter}"
        BANNER = <<TXT
hello from
  \${node.unique.name}
TXT
        "LOG-LEVEL" = "info"
        WORKERS = 4
        DEBUG = true
      }
      service {
        name = "\${JOB}-\${TASKGROUP}"
        tags = ["edge", "v\${NOMAD_META_VERSION}"]
        port = "http"
        check {
          name = "ping"
          type = "http"
          path = "/healthz"
          interval = "10s"
          timeout = "2s"
        }
        check {
          type = "tcp"
          interval = "15s"
          timeout = "3s"
          port = "admin"
          initial_status = "warning"
        }
      }
      service {
        port = "admin"
        check {
          name = "selftest"
          type = "script"
          command = "/usr/local/bin/selftest"
          args = ["--fast"]
          interval = "1m"
          timeout = "10s"
        }
      }
      artifact {
        source = "https://files.example.org/nginx.tar"
        options { archive = "false" }
      }
      resources {
        cpu = 500
        memory = 256
        disk = 400
        iops = 10
        network {
          mbits = 20
          port "http" {}
          port "admin" { static = 18080 }
        }
      }
      logs {
        max_files = 5
        max_file_size = 20
      }
      constraint {
        attribute = "\${attr.driver.docker.version}"
        regexp = "^1[0-9]?\\\\."
      }
      kill_timeout = "25s"
    }
  }
}
`;

export const loneTasks = `
// Every night: two tasks together, one on its own.
job "nightly" {
  datacenters = ["dc1"]
  type = "batch"
  periodic {
    cron = "30 2 * * *"
    prohibit_overlap = true
  }
  group "report" {
    restart { attempts = 1 interval = "1h" delay = "30s" mode = "fail" }
    task "extract" {
      driver = "java"
      config {
        jar_path = "local/extract.jar"
        jvm_options = ["-Xmx256m"]
      }
      artifact { source = "s3::https://s3.amazonaws.com/bucket/extract.jar" }
      resources { cpu = 1000 memory = 512 disk = 1000 }
      logs { max_files = 2 max_file_size = 50 }
    }
    task "render" {
      driver = "exec"
      config { command = "/usr/bin/python" args = ["local/render.py"] }
      env { TZ = "UTC" PYTHONUNBUFFERED = true }
      resources { cpu = 300 memory = 128 disk = 300 }
    }
  }
  task "notify" {
    driver = "raw_exec"
    config { command = "/usr/bin/curl" args = ["-sS", "http://\${attr.unique.network.ip-address}/done"] }
    resources {}
  }
}
`;
