/* The host that host_test.py drives: two servers in one process. The first refuses the message
 * "forbidden", rewrites "rewrite me", and sends the event "tick" from a thread of the host's own;
 * it lets in the peer that sends the header X-Host-User without a token. The second refuses every
 * peer at the HTTP handshake. Prints their addresses and ends when stdin does. */
#include <pthread.h>
#include <time.h>

#include "expect.h"

static int over;

static securechat_verdict by_header(securechat_handshake* handshake, void* user_data) {
  size_t len = 0;
  const char* user = securechat_handshake_header(handshake, "X-Host-User", &len);
  const char* stage = securechat_handshake_get(handshake, "stage", NULL);
  securechat_target target;
  (void)user_data;
  EXPECT(stage != NULL && (strcmp(stage, "join") == 0 || strcmp(stage, "upgrade") == 0));
  EXPECT(strcmp(securechat_handshake_get(handshake, "address", NULL), "127.0.0.1") == 0);
  EXPECT(securechat_handshake_get(handshake, "no-such-field", NULL) == NULL);
  /* Calls that wait would never end here; calls that post are welcome. */
  EXPECT_STATUS(securechat_server_stop(securechat_handshake_server(handshake), 0),
                SECURECHAT_ERR_STATE);
  EXPECT_STATUS(securechat_server_destroy(securechat_handshake_server(handshake)),
                SECURECHAT_ERR_STATE);
  memset(&target, 0, sizeof target);
  target.struct_size = sizeof target;
  target.room = "nobody";
  EXPECT_STATUS(securechat_server_emit(securechat_handshake_server(handshake), &target, "e", "[]",
                                       SECURECHAT_ZSTR),
                SECURECHAT_OK);
  if (user != NULL && strcmp(stage, "join") == 0) {
    EXPECT_STATUS(securechat_handshake_set_principal(handshake, user, NULL, NULL), SECURECHAT_OK);
  }
  return SECURECHAT_VERDICT_NEXT;
}

static securechat_verdict nobody(securechat_handshake* handshake, void* user_data) {
  (void)user_data;
  EXPECT_STATUS(securechat_handshake_reject(handshake, 451, "NOT_TODAY"), SECURECHAT_OK);
  return SECURECHAT_VERDICT_NEXT; /* The rejection holds. */
}

/* Shows: R104 */
static securechat_verdict moderate(securechat_server* server, securechat_message* message,
                                   void* user_data) {
  static char large[1000001];
  size_t len = 0;
  const char* body = securechat_message_get(message, "body", &len);
  (void)server;
  (void)user_data;
  EXPECT(body != NULL && strlen(body) == len);
  EXPECT(securechat_message_session(message) != 0);
  EXPECT(strcmp(securechat_message_get(message, "event", NULL), "send-message") == 0);
  EXPECT(strlen(securechat_message_get(message, "id", NULL)) == 32);
  if (strcmp(body, "forbidden") == 0) {
    EXPECT_STATUS(securechat_message_deny(message, "Not in this house"), SECURECHAT_OK);
    return SECURECHAT_VERDICT_DENY;
  }
  if (strcmp(body, "rewrite me") == 0) {
    memset(large, 'x', sizeof large);
    EXPECT_STATUS(securechat_message_set_body(message, large, sizeof large),
                  SECURECHAT_ERR_INVALID);
    EXPECT_STATUS(securechat_message_set_body(message, "\xFF", 1), SECURECHAT_ERR_INVALID);
    EXPECT_STATUS(securechat_message_set_body(message, "a\0b", 3), SECURECHAT_ERR_INVALID);
    EXPECT_STATUS(securechat_message_set_body(message, "rewritten", SECURECHAT_ZSTR),
                  SECURECHAT_OK);
  }
  return SECURECHAT_VERDICT_NEXT;
}

static void hello(securechat_server* server, securechat_session session, const char* user_id,
                  const char* detail, void* user_data) {
  char args[256];
  securechat_target target;
  (void)user_data;
  EXPECT(strcmp(detail, "/") == 0);
  memset(&target, 0, sizeof target);
  target.struct_size = sizeof target;
  target.session = session;
  snprintf(args, sizeof args, "[{\"user\":\"%s\"}]", user_id);
  EXPECT_STATUS(securechat_server_emit(server, &target, "hello", args, SECURECHAT_ZSTR),
                SECURECHAT_OK);
}

static void* tick(void* server) {
  const struct timespec pause = {0, 50000000};
  while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
    EXPECT_STATUS(securechat_server_emit(server, NULL, "tick", "[{\"n\":1}]", SECURECHAT_ZSTR),
                  SECURECHAT_OK);
    nanosleep(&pause, NULL);
  }
  return NULL;
}

static void announce(securechat_server* server) {
  char* url = NULL;
  EXPECT_STATUS(securechat_server_start(server), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_url(server, &url), SECURECHAT_OK);
  printf("%s\n", url);
  fflush(stdout);
  securechat_free(url);
}

int main(void) {
  securechat_server* open = new_server();
  securechat_server* closed = new_server();
  pthread_t thread;
  EXPECT_STATUS(securechat_server_add_handshake_filter(open, "header", 0, by_header, NULL, NULL),
                SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_on_message(open, moderate, NULL, NULL), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_on_connect(open, hello, NULL, NULL), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_add_handshake_filter(closed, "nobody", 0, nobody, NULL, NULL),
                SECURECHAT_OK);
  announce(open);
  announce(closed);
  EXPECT(pthread_create(&thread, NULL, tick, open) == 0);
  while (getchar() != EOF) {
  }
  __atomic_store_n(&over, 1, __ATOMIC_RELEASE);
  EXPECT(pthread_join(thread, NULL) == 0);
  EXPECT_STATUS(securechat_server_stop(open, 1000), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_destroy(open), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_destroy(closed), SECURECHAT_OK);
  return 0;
}
