#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

void machine_directory_of(const char* path, char* directory, size_t size) {
  const char* slash = strrchr(path, '/');
  if (slash == NULL) {
    snprintf(directory, size, ".");
  } else if (slash == path) {
    snprintf(directory, size, "/");
  } else {
    snprintf(directory, size, "%.*s", (int)(slash - path), path);
  }
}

static unsigned long long read_number(const char* path) {
  char line[32];
  unsigned long long number = 0;
  FILE* file = fopen(path, "re");
  if (file == NULL) return 0;
  if (fgets(line, sizeof line, file) != NULL) number = strtoull(line, NULL, 10);
  fclose(file);
  return number;
}

static void read_clock(struct machine* machine) {
  struct timex state;
  int result;
  memset(&state, 0, sizeof state);
  result = adjtimex(&state);
  if (result < 0) return;
  machine->clock_known = 1;
  machine->clock_synchronised = result != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

/* A file that is made now tells what time its file system has. */
static void read_skew(struct machine* machine, const char* directory) {
  char path[PATH_SIZE + 32];
  struct stat made;
  struct timespec now;
  int fd;
  snprintf(path, sizeof path, "%s/.securechatd-doctor-XXXXXX", directory);
  fd = mkstemp(path);
  if (fd < 0) return;
  clock_gettime(CLOCK_REALTIME, &now);
  if (write(fd, "x", 1) == 1 && fstat(fd, &made) == 0) {
    machine->skew_known = 1;
    machine->skew_seconds = (double)(made.st_mtim.tv_sec - now.tv_sec) +
                            (double)(made.st_mtim.tv_nsec - now.tv_nsec) / 1e9;
  }
  close(fd);
  unlink(path);
}

static void read_disk(struct machine* machine, const char* directory) {
  struct statvfs disk;
  if (statvfs(directory, &disk) != 0) return;
  machine->disk_known = 1;
  machine->disk_free = (unsigned long long)disk.f_bavail * disk.f_frsize;
  machine->disk_total = (unsigned long long)disk.f_blocks * disk.f_frsize;
}

void machine_read(struct machine* machine, const securechat_config* config) {
  char directory[PATH_SIZE];
  char* path = NULL;
  struct rlimit limit;
  memset(machine, 0, sizeof *machine);
  read_clock(machine);
  if (securechat_config_get(config, "db.path", &path) == SECURECHAT_OK &&
      strcmp(path, ":memory:") != 0) {
    machine_directory_of(path, directory, sizeof directory);
    read_skew(machine, directory);
    read_disk(machine, directory);
  }
  securechat_free(path);
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    if (limit.rlim_cur != RLIM_INFINITY) machine->descriptors_soft = limit.rlim_cur;
    if (limit.rlim_max != RLIM_INFINITY) machine->descriptors_hard = limit.rlim_max;
  }
  machine->somaxconn = read_number("/proc/sys/net/core/somaxconn");
  machine->syn_backlog = read_number("/proc/sys/net/ipv4/tcp_max_syn_backlog");
}
