/* A callback that ends its thread, by pthread_exit or because it was cancelled: the forced unwind
 * passes through the library, which neither swallows it nor ends the process. The loop of that
 * thread is lost, and nothing else: the server answers, can be stopped and destroyed. Each case
 * runs in a process of its own. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "expect.h"

enum { LIMIT_S = 5 };

static const char* deadly; /* The callback that ends its thread. */
static int by_cancelling;
static int lives;   /* How many threads it may end. */
static long victim; /* The thread that was ended last. */

static void die_as(const char* who) {
  if (strcmp(who, deadly) != 0 || __atomic_fetch_sub(&lives, 1, __ATOMIC_ACQ_REL) <= 0) return;
  __atomic_store_n(&victim, syscall(SYS_gettid), __ATOMIC_RELEASE);
  if (by_cancelling) {
    pthread_cancel(pthread_self());
    pthread_testcancel();
  }
  pthread_exit(NULL);
}

static securechat_verdict filter(securechat_handshake* handshake, void* unused) {
  const char* stage = securechat_handshake_get(handshake, "stage", NULL);
  (void)unused;
  die_as(stage);
  if (strcmp(stage, "join") != 0) return SECURECHAT_VERDICT_NEXT;
  EXPECT_STATUS(securechat_handshake_set_principal(handshake, "ada", NULL, NULL), SECURECHAT_OK);
  return SECURECHAT_VERDICT_ALLOW;
}

static securechat_verdict handle(securechat_server* server, securechat_message* message,
                                 void* name) {
  (void)server, (void)message;
  die_as(name);
  return SECURECHAT_VERDICT_ALLOW;
}

static int answers;
static int freed;

static void answer(securechat_server* server, securechat_session session, securechat_status status,
                   const char* args, size_t len, void* unused) {
  (void)server, (void)session, (void)status, (void)args, (void)len, (void)unused;
  __atomic_fetch_add(&answers, 1, __ATOMIC_ACQ_REL);
  die_as("answer");
}

static securechat_session newest;
static int32_t patience = 1;

static void connected(securechat_server* server, securechat_session session, const char* user,
                      const char* nsp, void* unused) {
  (void)user, (void)nsp, (void)unused;
  __atomic_store_n(&newest, session, __ATOMIC_RELEASE);
  die_as("connect");
  EXPECT_STATUS(securechat_server_emit_with_ack(server, session, "ask", NULL, 0, patience, answer,
                                                &freed, count_destroy),
                SECURECHAT_OK);
}

static void gone(securechat_server* server, securechat_session session, const char* user,
                 const char* reason, void* unused) {
  (void)server, (void)session, (void)user, (void)reason, (void)unused;
  die_as("disconnect");
}

static void line(int32_t level, const char* text, size_t len, void* unused) {
  (void)level, (void)len, (void)unused;
  if (strstr(text, "the server listens") != NULL) die_as("log at start");
}

static securechat_server* prepared(const char* threads) {
  securechat_config* config = good_config();
  securechat_server* server = NULL;
  static char message[] = "message", event[] = "event";
  EXPECT_STATUS(securechat_config_set(config, "listen.threads", threads), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_create(config, &server), SECURECHAT_OK);
  securechat_config_free(config);
  EXPECT_STATUS(securechat_server_set_log(server, SECURECHAT_LOG_INFO, line, NULL, NULL),
                SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_add_handshake_filter(server, "f", 0, filter, NULL, NULL),
                SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_on_message(server, handle, message, NULL), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_on_event(server, NULL, "mine", handle, event, NULL),
                SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_on_connect(server, connected, NULL, NULL), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_on_disconnect(server, gone, NULL, NULL), SECURECHAT_OK);
  return server;
}

/* Whether this text comes (1) or the connection ends before (0). */
static int hears(int fd, const char* text) {
  static char heard[65536];
  size_t length = 0;
  do {
    struct pollfd waiting = {0};
    ssize_t got;
    waiting.fd = fd;
    waiting.events = POLLIN;
    EXPECT(poll(&waiting, 1, LIMIT_S * 500) == 1);
    got = recv(fd, heard + length, sizeof heard - length, 0);
    if (got <= 0) return 0;
    length += (size_t)got;
  } while (memmem(heard, length, text, strlen(text)) == NULL);
  return 1;
}

static int dial(securechat_server* server) {
  struct sockaddr_in address = {0};
  char* url = NULL;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_STATUS(securechat_server_url(server, &url), SECURECHAT_OK);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons((uint16_t)atoi(strrchr(url, ':') + 1));
  securechat_free(url);
  if (connect(fd, (struct sockaddr*)&address, sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

static int upgrade(int fd) {
  static const char head[] =
      "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
      "Sec-WebSocket-Protocol: securechat.v1\r\n\r\n";
  EXPECT(send(fd, head, sizeof head - 1, MSG_NOSIGNAL) == (ssize_t)sizeof head - 1);
  return hears(fd, "HTTP/1.1 101");
}

/* A text frame whose mask is zero. */
static void say(int fd, const char* text) {
  unsigned char frame[132] = {0x81};
  const size_t length = strlen(text);
  EXPECT(length < 126);
  frame[1] = (unsigned char)(0x80 | length);
  memcpy(frame + 6, text, length);
  EXPECT(send(fd, frame, 6 + length, MSG_NOSIGNAL) == (ssize_t)(6 + length));
}

/* Does everything that calls a callback, until the connection breaks. */
static void visit(int fd) {
  if (!upgrade(fd)) return;
  say(fd, "{\"type\":\"auth\"}");
  if (!hears(fd, "\"ask\"")) return;
  say(fd, "{\"type\":\"mine\",\"ref\":1}");
  if (!hears(fd, "\"ref\":1")) return;
  say(fd, "{\"type\":\"send-message\",\"ref\":2,\"data\":{\"message\":\"hi\"}}");
  hears(fd, "\"ref\":2");
}

static void pause_ms(long ms) {
  const struct timespec time = {0, ms * 1000000};
  nanosleep(&time, NULL);
}

static void expect_victim_ended(void) {
  char path[64];
  int tries = LIMIT_S * 50;
  long thread;
  while ((thread = __atomic_load_n(&victim, __ATOMIC_ACQUIRE)) == 0 && tries-- > 0) pause_ms(10);
  EXPECT(thread != 0);
  snprintf(path, sizeof path, "/proc/self/task/%ld", thread);
  while (access(path, F_OK) == 0 && tries-- > 0) pause_ms(10);
  EXPECT(access(path, F_OK) != 0);
}

static void end(securechat_server* server) {
  EXPECT_STATUS(securechat_server_stop(server, 5000), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_destroy(server), SECURECHAT_OK);
}

/* Shows: R48 R102 */
static void on_a_loop(void) {
  securechat_server* server = prepared("1");
  char* json = NULL;
  int fd;
  EXPECT_STATUS(securechat_server_start(server), SECURECHAT_OK);
  fd = dial(server);
  EXPECT(fd >= 0);
  visit(fd);
  if (strcmp(deadly, "disconnect") == 0) shutdown(fd, SHUT_RDWR);
  expect_victim_ended();
  EXPECT(!hears(fd, "what nobody says"));
  close(fd);
  EXPECT(dial(server) < 0);
  EXPECT_STATUS(securechat_user_list(server, &json), SECURECHAT_OK);
  securechat_free(json);
  EXPECT_STATUS(securechat_server_emit(server, NULL, "e", NULL, 0), SECURECHAT_OK);
  if (newest != 0) {
    EXPECT_STATUS(securechat_server_join(server, newest, "r"), SECURECHAT_ERR_NOT_FOUND);
  }
  end(server);
}

/* What was asked is answered all the same, once, and by a thread that may be ended, too. */
static void with_questions_open(void) {
  securechat_server* server = prepared("1");
  int fds[2];
  patience = 60000;
  lives = 2;
  EXPECT_STATUS(securechat_server_start(server), SECURECHAT_OK);
  fds[0] = dial(server);
  visit(fds[0]);
  fds[1] = dial(server);
  visit(fds[1]);
  EXPECT(answers == 0 && freed == 0);
  shutdown(fds[0], SHUT_RDWR);
  EXPECT(!hears(fds[1], "what nobody says"));
  end(server);
  EXPECT(answers == 2 && freed == 2 && lives == 0);
}

/* The stop does not wait for a loop that was ended meanwhile. */
static void while_stopping(void) {
  securechat_server* server = prepared("1");
  EXPECT_STATUS(securechat_server_start(server), SECURECHAT_OK);
  visit(dial(server));
  end(server);
  EXPECT(victim != 0);
}

/* The other loop goes on, and takes all that come. */
static void one_of_two(void) {
  securechat_server* server = prepared("2");
  int i;
  EXPECT_STATUS(securechat_server_start(server), SECURECHAT_OK);
  visit(dial(server));
  expect_victim_ended();
  for (i = 0; i < 10; ++i) {
    const int fd = dial(server);
    EXPECT(fd >= 0 && upgrade(fd));
    close(fd);
  }
  end(server);
}

static void* start(void* server) {
  securechat_server_start(server);
  return server;
}

/* A thread of the host's own, inside a call: the call has done its work. */
static void in_a_call(void) {
  securechat_server* server = prepared("1");
  pthread_t thread;
  void* result = NULL;
  EXPECT(pthread_create(&thread, NULL, start, server) == 0);
  EXPECT(pthread_join(thread, &result) == 0 && result != server);
  EXPECT_STATUS(securechat_server_start(server), SECURECHAT_ERR_STATE);
  EXPECT(upgrade(dial(server)));
  end(server);
}

/* Each case in a process of its own, which SIGALRM ends when it hangs. */
static void in_child(const char* callback, int cancelling, void (*body)(void)) {
  int status = 0;
  const pid_t pid = fork();
  EXPECT(pid >= 0);
  if (pid == 0) {
    alarm(LIMIT_S);
    deadly = callback;
    by_cancelling = cancelling;
    lives = 1;
    body();
    exit(0);
  }
  EXPECT(waitpid(pid, &status, 0) == pid);
  if (status != 0) {
    fprintf(stderr, "%s, %s: wait status %d\n", callback, cancelling ? "cancelled" : "pthread_exit",
            status);
    exit(1);
  }
}

int main(void) {
  static const char* const callbacks[] = {"upgrade", "join",    "connect",   "answer",
                                          "event",   "message", "disconnect"};
  size_t i;
  int cancelling;
  for (cancelling = 0; cancelling < 2; ++cancelling) {
    for (i = 0; i < sizeof callbacks / sizeof callbacks[0]; ++i) {
      in_child(callbacks[i], cancelling, on_a_loop);
    }
    in_child("disconnect", cancelling, with_questions_open);
    in_child("disconnect", cancelling, while_stopping);
    in_child("event", cancelling, one_of_two);
    in_child("log at start", cancelling, in_a_call);
  }
  return 0;
}
