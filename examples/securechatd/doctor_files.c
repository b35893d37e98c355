/* Who else on this machine can read or change the files of the server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "doctor.h"

enum { PATH_SIZE = 4096 };

static void look_at_mode(struct doctor* doctor, const char* path, mode_t unwanted,
                         const char* holds) {
  struct stat about;
  char change[PATH_SIZE + 16];
  if (path == NULL || *path == '\0' || stat(path, &about) != 0) return;
  if ((about.st_mode & unwanted) == 0) return;
  snprintf(change, sizeof change, "chmod 600 %s", path);
  doctor_find(doctor, holds, change, "%s is open to others (mode %03o)", path,
              (unsigned)(about.st_mode & 0777));
}

static void look_at_database(struct doctor* doctor, const char* path) {
  static const char* const suffixes[] = {"", "-wal", "-shm"};
  size_t i;
  for (i = 0; i < sizeof suffixes / sizeof suffixes[0]; ++i) {
    char file[PATH_SIZE];
    snprintf(file, sizeof file, "%s%s", path, suffixes[i]);
    look_at_mode(doctor, file, S_IRWXG | S_IRWXO,
                 "it holds messages, e-mail addresses and hashes of passwords");
  }
}

/* A configuration that others may read matters when it holds secrets. */
static int holds_secret(const char* path) {
  char line[PATH_SIZE];
  int found = 0;
  FILE* file = path == NULL ? NULL : fopen(path, "re");
  if (file == NULL) return 0;
  while (!found && fgets(line, sizeof line, file) != NULL) {
    found = strstr(line, "secret") != NULL || strstr(line, "SECRET") != NULL ||
            strstr(line, "pepper") != NULL || strstr(line, "PEPPER") != NULL ||
            strstr(line, "audit_key") != NULL || strstr(line, "AUDIT_KEY") != NULL;
  }
  explicit_bzero(line, sizeof line);
  fclose(file);
  return found;
}

static void look_at_source(struct doctor* doctor, const char* path) {
  look_at_mode(doctor, path, S_IWGRP | S_IWOTH, "others can change how the server runs");
  if (holds_secret(path)) {
    look_at_mode(doctor, path, S_IRGRP | S_IROTH,
                 "it holds secrets, and who has them makes tokens for everybody");
  }
}

void check_file_modes(struct doctor* doctor) {
  char* database = doctor_text(doctor, "db.path");
  char* audit = doctor_text(doctor, "log.audit_file");
  if (database != NULL && *database != '\0') look_at_database(doctor, database);
  look_at_mode(doctor, audit, S_IRWXG | S_IRWXO, "it says who did what, from which address");
  look_at_source(doctor, doctor->line->config_file);
  look_at_source(doctor, doctor->line->env_file);
  free(database);
  free(audit);
}

/* Who may write to the folder can put another database there. A sticky folder, as /tmp, keeps
 * others from moving files, not from making the database before the server does. */
void check_directory(struct doctor* doctor) {
  char* database = doctor_text(doctor, "db.path");
  char folder[PATH_SIZE];
  struct stat about;
  if (database != NULL && strcmp(database, ":memory:") != 0) {
    machine_directory_of(database, folder, sizeof folder);
    if (stat(folder, &about) != 0) {
      doctor_find(doctor, "the server cannot make its database there", "make the folder, mode 0700",
                  "there is no folder %s for db.path", folder);
    } else if ((about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
      doctor_find(doctor, "others can put a database or a log of their own there",
                  "keep db.path in a folder with mode 0700",
                  "the folder of db.path, %s, may be written by others (mode %04o)", folder,
                  (unsigned)(about.st_mode & 07777));
    }
  }
  free(database);
}
