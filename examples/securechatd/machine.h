/* What the machine says, read in one place, so that what is made of it can be tested. */
#ifndef SECURECHATD_MACHINE_H
#define SECURECHATD_MACHINE_H

#include <securechat.h>

struct machine {
  int clock_known, clock_synchronised; /* By NTP or the like, as the kernel knows. */
  int skew_known;
  double skew_seconds; /* The clock of the database's file system against that of the machine. */
  int disk_known;
  unsigned long long disk_free, disk_total; /* Of the database's file system, in bytes. */
  unsigned long long descriptors_soft, descriptors_hard; /* 0: no limit, or not known. */
  unsigned long long somaxconn, syn_backlog;             /* 0: not known. */
};

/* Reads it for the configuration, whose database says which file system is meant. */
void machine_read(struct machine* machine, const securechat_config* config);
/* The directory of a file, cut to `size`: "." for a bare name. */
void machine_directory_of(const char* path, char* directory, size_t size);

#endif
