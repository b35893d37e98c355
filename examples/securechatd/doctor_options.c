/* Options that are weaker than they need be. */
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

/* What the server itself would refuse at its start; nothing is opened for that. */
void check_configuration(struct doctor* doctor) {
  securechat_server* server = NULL;
  if (securechat_server_create(doctor->config, &server) != SECURECHAT_OK) {
    doctor_find(doctor, "the server does not start with it", "what the message says", "%s",
                securechat_last_error());
  }
  securechat_server_destroy(server);
}

void check_weak_hash(struct doctor* doctor) {
  if (doctor_flag(doctor, "auth.allow_weak_hash")) {
    doctor_find(doctor, "it is for tests; whoever gets the database guesses passwords fast",
                "--set auth.allow_weak_hash=false --set auth.bcrypt_cost=12",
                "auth.allow_weak_hash is on, and auth.bcrypt_cost is %llu",
                doctor_number(doctor, "auth.bcrypt_cost"));
  } else if (doctor_number(doctor, "auth.bcrypt_cost") < 12) {
    doctor_find(doctor, "each step less halves the work of guessing a password",
                "--set auth.bcrypt_cost=12", "auth.bcrypt_cost is %llu",
                doctor_number(doctor, "auth.bcrypt_cost"));
  }
}

void check_origin_missing_allowed(struct doctor* doctor) {
  if (!doctor_flag(doctor, "origin.allow_missing")) return;
  doctor_find(doctor,
              "peers that name no Origin are let in to the token check; native clients do not need "
              "it, they send Authorization: Bearer",
              "--set origin.allow_missing=false", "origin.allow_missing is on");
}

void check_metrics_public(struct doctor* doctor) {
  if (!doctor_flag(doctor, "metrics.public")) return;
  doctor_find(doctor, "everybody sees how many people are there and how loaded the server is",
              "--set metrics.public=false, and ask from this machine", "metrics.public is on");
}

void check_audit_key(struct doctor* doctor) {
  if (!doctor_is_set(doctor, "log.audit_file") || doctor_is_set(doctor, "log.audit_key")) return;
  doctor_find(doctor, "whoever may write the file can make its whole chain anew, unnoticed",
              "SECURECHAT_LOG_AUDIT_KEY=$(securechatd gen-secret), then move the old file away",
              "log.audit_file has no log.audit_key");
}
