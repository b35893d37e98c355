/* A host with events of its own, in namespaces beside `/`:
 *
 *   io(url + "/custom")    emit("echo", ..., callback)   answered at once with what was sent
 *                          emit("draw", ..., bytes)      sent on to everyone here as "drawn"
 *                          emit("slow", ..., callback)   answered later, from another thread
 *                          emit("quiz")                  the host asks back and waits for an answer
 *   io(url + "/team-red")  emit("cheer", ...)            sent on to that team; any name fits
 *   io(url + "/team-staff")                              for admins only
 *
 * It is configured by the environment, as examples/minimal.c is, and ends when Enter is pressed. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <securechat.h>

#define MAX_ATTACHMENTS 10 /* What one event may carry. */

/* Everyone in the namespace that the message came from. */
static securechat_target namespace_of(const securechat_message* message) {
  securechat_target target = {0};
  target.struct_size = sizeof target;
  target.nsp = securechat_message_get(message, "namespace", NULL);
  return target;
}

static size_t attachments_of(const securechat_message* message, securechat_blob* blobs) {
  size_t n = 0;
  while (n < MAX_ATTACHMENTS && securechat_message_attachment(message, n, &blobs[n].data,
                                                              &blobs[n].len) == SECURECHAT_OK) {
    ++n;
  }
  return n;
}

/* An acknowledgement may carry attachments, too: the arguments that came hold their placeholders.
 */
static securechat_verdict echo(securechat_server* server, securechat_message* message, void* data) {
  securechat_blob blobs[MAX_ATTACHMENTS];
  const size_t count = attachments_of(message, blobs);
  size_t len = 0;
  const char* args = securechat_message_get(message, "args", &len);
  (void)server, (void)data;
  securechat_message_ack_binary(message, args, len, blobs, count);
  return SECURECHAT_VERDICT_ALLOW;
}

/* `data` is the name under which the event goes on. */
static securechat_verdict pass_on(securechat_server* server, securechat_message* message,
                                  void* data) {
  const securechat_target everyone = namespace_of(message);
  securechat_blob blobs[MAX_ATTACHMENTS];
  const size_t count = attachments_of(message, blobs);
  size_t len = 0;
  const char* args = securechat_message_get(message, "args", &len);
  if (securechat_server_emit_binary(server, &everyone, data, args, len, blobs, count) !=
      SECURECHAT_OK) {
    securechat_message_deny(message, "Try again later");
  }
  return SECURECHAT_VERDICT_ALLOW; /* The server acknowledges with {"ok":true} when asked to. */
}

/* Handlers run on an event loop and must not block. What takes long goes to a thread: with a
 * reference the message outlives its handler. */
enum { PLACES = 64 };
static struct {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  securechat_message* waiting[PLACES];
  size_t first, count;
  int over;
} work = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, {NULL}, 0, 0, 0};

static securechat_verdict slow(securechat_server* server, securechat_message* message, void* data) {
  securechat_message* kept = NULL;
  (void)server, (void)data;
  pthread_mutex_lock(&work.mutex);
  if (work.count < PLACES && (kept = securechat_message_ref(message)) != NULL) {
    work.waiting[(work.first + work.count++) % PLACES] = kept;
    pthread_cond_signal(&work.changed);
  }
  pthread_mutex_unlock(&work.mutex);
  if (kept == NULL) securechat_message_deny(message, "Busy");
  return SECURECHAT_VERDICT_ALLOW;
}

static void* worker(void* unused) {
  const struct timespec long_time = {0, 200000000};
  pthread_mutex_lock(&work.mutex);
  for (;;) {
    securechat_message* message;
    while (work.count == 0 && !work.over) pthread_cond_wait(&work.changed, &work.mutex);
    if (work.count == 0) break;
    message = work.waiting[work.first];
    work.first = (work.first + 1) % PLACES;
    --work.count;
    pthread_mutex_unlock(&work.mutex);
    nanosleep(&long_time, NULL);
    securechat_message_ack(message, "[{\"done\":true}]", SECURECHAT_ZSTR); /* Or they have left. */
    securechat_message_unref(message);
    pthread_mutex_lock(&work.mutex);
  }
  pthread_mutex_unlock(&work.mutex);
  return unused;
}

/* What became of the question below, told to the one who was asked. */
static void answered(securechat_server* server, securechat_session session,
                     securechat_status status, const char* answer, size_t len,
                     const securechat_blob* blobs, size_t count, void* data) {
  securechat_target target = {0};
  const size_t size = len + 64;
  char* args = malloc(size);
  (void)data;
  if (args == NULL) return;
  target.struct_size = sizeof target;
  target.session = session;
  snprintf(args, size, "[{\"status\":%d,\"answer\":%.*s}]", (int)status, (int)len, answer);
  securechat_server_emit_binary(server, &target, "graded", args, SECURECHAT_ZSTR, blobs, count);
  free(args);
}

/* The question carries a picture, as the answer may. */
static securechat_verdict quiz(securechat_server* server, securechat_message* message, void* data) {
  static const securechat_blob picture = {"6*7", 3};
  (void)data;
  if (securechat_server_emit_binary_with_ack(
          server, securechat_message_session(message), "question",
          "[\"6 * 7?\",{\"_placeholder\":true,\"num\":0}]", SECURECHAT_ZSTR, &picture, 1, 500,
          answered, NULL, NULL) != SECURECHAT_OK) {
    securechat_message_deny(message, "Try again later");
  }
  return SECURECHAT_VERDICT_ALLOW;
}

/* Every join of every namespace passes here, after the token was checked. */
static securechat_verdict staff_only(securechat_handshake* handshake, void* data) {
  (void)data;
  if (strcmp(securechat_handshake_get(handshake, "stage", NULL), "join") == 0 &&
      strcmp(securechat_handshake_get(handshake, "namespace", NULL), "/team-staff") == 0 &&
      strcmp(securechat_handshake_get(handshake, "role", NULL), "admin") != 0) {
    securechat_handshake_reject(handshake, 0, "STAFF_ONLY");
    return SECURECHAT_VERDICT_DENY;
  }
  return SECURECHAT_VERDICT_NEXT;
}

/* Everything is registered before the start. */
static int set_up(securechat_server* server) {
  static char drawn[] = "drawn", cheer[] = "cheer";
  static const struct {
    const char *nsp, *event;
    securechat_message_fn handler;
    void* data;
  } events[] = {{"/custom", "echo", echo, NULL},
                {"/custom", "draw", pass_on, drawn},
                {"/custom", "slow", slow, NULL},
                {"/custom", "quiz", quiz, NULL},
                {"/team-*", "cheer", pass_on, cheer}};
  size_t i;
  int good = securechat_server_declare_namespace(server, "/custom") == SECURECHAT_OK &&
             securechat_server_declare_namespace(server, "/team-*") == SECURECHAT_OK &&
             securechat_server_add_handshake_filter(server, "staff-only", 0, staff_only, NULL,
                                                    NULL) == SECURECHAT_OK;
  for (i = 0; good && i < sizeof events / sizeof events[0]; ++i) {
    good = securechat_server_on_event(server, events[i].nsp, events[i].event, events[i].handler,
                                      events[i].data, NULL) == SECURECHAT_OK;
  }
  return good && securechat_server_start(server) == SECURECHAT_OK;
}

int main(void) {
  securechat_config* config = securechat_config_new();
  securechat_server* server = NULL;
  pthread_t thread;
  char* url = NULL;
  if (config == NULL || securechat_config_load_env(config, NULL) != SECURECHAT_OK ||
      securechat_server_create(config, &server) != SECURECHAT_OK || !set_up(server) ||
      securechat_server_url(server, &url) != SECURECHAT_OK ||
      pthread_create(&thread, NULL, worker, NULL) != 0) {
    fprintf(stderr, "%s\n", securechat_last_error());
    securechat_server_destroy(server);
    securechat_config_free(config);
    return 1;
  }
  securechat_config_free(config);
  printf("listening on %s; press Enter to stop\n", url);
  fflush(stdout);
  securechat_free(url);
  getchar();
  securechat_server_stop(server, 5000); /* Waits for the answers that are due. */
  pthread_mutex_lock(&work.mutex);
  work.over = 1;
  pthread_cond_signal(&work.changed);
  pthread_mutex_unlock(&work.mutex);
  pthread_join(thread, NULL); /* References are given up before the server is destroyed. */
  return securechat_server_destroy(server) == SECURECHAT_OK ? 0 : 1;
}
