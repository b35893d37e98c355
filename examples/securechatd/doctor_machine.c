/* What the machine has for the server: time, room, descriptors. */
#include "doctor.h"

#define MIB (1024ULL * 1024)
static const double most_skew_seconds = 2;
static const unsigned long long least_free = 1024 * MIB;
/* Those that are not connections: files, threads' and what a start inherits, as descriptors.c. */
static const unsigned long long own_descriptors = 256;
static const unsigned long long descriptors_per_loop = 16;
static const unsigned long long few_connections = 4096;
/* What the server asks for when it listens. */
static const unsigned long long wanted_backlog = 4096;
static const unsigned long long least_syn_backlog = 512;

void check_clock_sync(struct doctor* doctor) {
  if (!doctor->machine->clock_known || doctor->machine->clock_synchronised) return;
  doctor_find(doctor,
              "tokens live until a time of day; a clock that is off ends them early or late",
              "run a time service, such as systemd-timesyncd or chrony",
              "the kernel says that nothing keeps the clock");
}

void check_clock_skew(struct doctor* doctor) {
  const double skew = doctor->machine->skew_seconds;
  if (!doctor->machine->skew_known) return;
  if (skew < most_skew_seconds && skew > -most_skew_seconds) return;
  doctor_find(doctor, "one of the two is wrong, and the database is on another machine",
              "keep db.path on a local disk; keep both clocks",
              "the file system of db.path is %.1f s away from the clock", skew);
}

void check_disk_space(struct doctor* doctor) {
  const struct machine* machine = doctor->machine;
  if (!machine->disk_known) return;
  if (machine->disk_free >= least_free && machine->disk_free >= machine->disk_total / 20) return;
  doctor_find(doctor, "on a full disk nobody can log in or send until there is room again",
              "make room, or move db.path", "%llu of %llu MiB are free for db.path",
              machine->disk_free / MIB, machine->disk_total / MIB);
}

/* With limits.max_connections the server raises its own limit, up to the hard one. */
void check_descriptors(struct doctor* doctor) {
  const unsigned long long wanted = doctor_number(doctor, "limits.max_connections");
  const unsigned long long own =
      own_descriptors + descriptors_per_loop * doctor_number(doctor, "listen.threads");
  const unsigned long long limit =
      wanted == 0 ? doctor->machine->descriptors_soft : doctor->machine->descriptors_hard;
  if (limit == 0) return;
  if (wanted != 0 && limit < wanted + own) {
    doctor_find(doctor, "connections beyond that are refused",
                "ulimit -Hn, or LimitNOFILE= of the systemd unit; or a smaller "
                "limits.max_connections",
                "limits.max_connections=%llu needs %llu descriptors, and the limit is %llu", wanted,
                wanted + own, limit);
  } else if (wanted == 0 && limit < few_connections + own) {
    doctor_find(doctor, "connections beyond that are refused",
                "--set limits.max_connections=N, for which the server raises the limit itself; or "
                "ulimit -n",
                "the limit of %llu descriptors leaves about %llu connections", limit,
                limit > own ? limit - own : 0);
  }
}

void check_backlog(struct doctor* doctor) {
  const struct machine* machine = doctor->machine;
  if (machine->somaxconn != 0 && machine->somaxconn < wanted_backlog) {
    doctor_find(doctor,
                "when everybody comes back after a restart, connections beyond that wait seconds "
                "for the next try",
                "sysctl -w net.core.somaxconn=4096",
                "net.core.somaxconn is %llu, and the server asks for %llu", machine->somaxconn,
                wanted_backlog);
  }
  if (machine->syn_backlog != 0 && machine->syn_backlog < least_syn_backlog) {
    doctor_find(doctor, "a moment of many new connections loses some of them",
                "sysctl -w net.ipv4.tcp_max_syn_backlog=4096",
                "net.ipv4.tcp_max_syn_backlog is %llu", machine->syn_backlog);
  }
}
