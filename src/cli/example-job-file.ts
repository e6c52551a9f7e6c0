/** What `nomad init` writes: a small job that is valid as it stands, and a word on what else can be said. */
export const exampleJobFile = `# A job says what is to run. "nomad run example.nomad" hands it to the cluster;
# "nomad plan example.nomad" tells beforehand what that would change.
job "example" {
  # The region whose servers take the job. Unset, it is "global".
  # region = "global"

  # Nodes of these datacenters may run it.
  datacenters = ["dc1"]

  # "service" keeps its tasks running, "batch" lets them come to an end, and
  # "system" runs once on every node.
  # type = "service"

  # From 1 to 100. When there is not room for all, higher goes first.
  # priority = 50

  # Only nodes of which this is true are chosen.
  constraint {
    attribute = "\${attr.kernel.name}"
    value     = "linux"
  }

  # When the job changes, replace so many allocations at once, so far apart.
  update {
    stagger      = "10s"
    max_parallel = 1
  }

  # The tasks of a group run on the same node.
  group "cache" {
    # How many instances of the group to run.
    # count = 1

    # A task that ends is started again on its node: so often within the
    # interval, after the delay. Then "delay" waits for the next interval, and
    # "fail" gives the allocation up.
    restart {
      attempts = 10
      interval = "5m"
      delay    = "25s"
      mode     = "delay"
    }

    task "redis" {
      # What runs the task: docker, exec, raw_exec, java, qemu ...
      driver = "docker"

      # What the driver is told. The port "db" below is 6379 in the container.
      config {
        image = "redis:latest"

        port_map {
          db = 6379
        }
      }

      # Files to fetch into the task's directory before it starts.
      # artifact {
      #   source = "http://example.com/archive.tar.gz"
      #   options {
      #     checksum = "md5:c4aa853ad2215426eb7d70a21922e794"
      #   }
      # }

      # Says where the task can be reached, and how to see that it is well.
      service {
        name = "\${TASKGROUP}-redis"
        tags = ["global", "cache"]
        port = "db"

        check {
          name     = "alive"
          type     = "tcp"
          interval = "10s"
          timeout  = "2s"
        }
      }

      # What the task needs. No other task is given it.
      resources {
        cpu    = 500 # MHz
        memory = 256 # MB

        network {
          mbits = 10

          # The cluster chooses the number of the port.
          port "db" {}
        }
      }

      # How many log files to keep of each output, and how big they may grow.
      # logs {
      #   max_files     = 10
      #   max_file_size = 15
      # }

      # How long the task may take to end when it is asked to.
      # kill_timeout = "20s"
    }
  }
}
`;
