/* auth.enumeration_safe as a host and a stranger meet it. */
#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "expect.h"

struct news {
  pthread_mutex_t mutex;
  pthread_cond_t more;
  int count;
  int state[4];
  char user_id[4][33];
  char email[4][64];
};

static void hear(securechat_server* server, int32_t state, const char* user_id, const char* email,
                 void* user_data) {
  struct news* news = user_data;
  (void)server;
  pthread_mutex_lock(&news->mutex);
  if (news->count < 4) {
    news->state[news->count] = state;
    snprintf(news->user_id[news->count], sizeof news->user_id[0], "%s", user_id);
    snprintf(news->email[news->count], sizeof news->email[0], "%s", email);
  }
  ++news->count;
  pthread_cond_signal(&news->more);
  pthread_mutex_unlock(&news->mutex);
}

static void wait_for(struct news* news, int count) {
  pthread_mutex_lock(&news->mutex);
  while (news->count < count) pthread_cond_wait(&news->more, &news->mutex);
  pthread_mutex_unlock(&news->mutex);
}

/* The name of the request is another one each time: its digits become zeros. */
static void blank_request_id(char* answer) {
  static const char name[] = "X-Request-Id: ";
  char* at = strstr(answer, name);
  if (at == NULL) return;
  for (at += sizeof name - 1; *at != '\r' && *at != '\0'; ++at) *at = '0';
}

/* Everything that the server answers to a POST. */
static void post(int port, const char* path, const char* body, char* answer, size_t size) {
  struct sockaddr_in to;
  char request[1024];
  size_t got = 0;
  ssize_t more;
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const int length = snprintf(request, sizeof request,
                              "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                              "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                              path, (int)strlen(body), body);
  EXPECT(fd >= 0 && length > 0 && (size_t)length < sizeof request);
  memset(&to, 0, sizeof to);
  to.sin_family = AF_INET;
  to.sin_port = htons((uint16_t)port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT(connect(fd, (const struct sockaddr*)&to, sizeof to) == 0);
  EXPECT(write(fd, request, (size_t)length) == length);
  while ((more = read(fd, answer + got, size - got - 1)) > 0) got += (size_t)more;
  answer[got] = '\0';
  blank_request_id(answer);
  EXPECT(close(fd) == 0);
}

static securechat_server* safe_server(void) {
  securechat_config* config = good_config();
  securechat_server* server = NULL;
  EXPECT_STATUS(securechat_config_set(config, "auth.enumeration_safe", "on"), SECURECHAT_OK);
  EXPECT_STATUS(securechat_config_set(config, "limits.auth_attempts", "20"), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_create(config, &server), SECURECHAT_OK);
  securechat_config_free(config);
  return server;
}

static void nobody_to_mail_no_server(void) {
  securechat_server* server = safe_server();
  EXPECT_STATUS(securechat_server_start(server), SECURECHAT_ERR_INVALID);
  EXPECT(strstr(securechat_last_error(), "securechat_server_on_registration") != NULL);
  EXPECT_STATUS(securechat_server_destroy(server), SECURECHAT_OK);
}

/* Shows: S17 */
static void a_stranger_learns_nothing_and_the_host_all(void) {
  static const char ada[] =
      "{\"username\":\"Ada\",\"email\":\"ada@example.com\",\"password\":\"Passw0rd\"}";
  static const char eve[] =
      "{\"username\":\"Eve\",\"email\":\" ADA@example.com\",\"password\":\"Passw0rd2\"}";
  static const char login[] = "{\"email\":\"ada@example.com\",\"password\":\"Passw0rd\"}";
  struct news news = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, {0}, {{0}}, {{0}}};
  securechat_server* server = safe_server();
  char first[4096], second[4096], answer[4096];
  char* url = NULL;
  char* json = NULL;
  int port;
  EXPECT_STATUS(securechat_server_on_registration(server, hear, &news, NULL), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_start(server), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_url(server, &url), SECURECHAT_OK);
  port = (int)strtol(strrchr(url, ':') + 1, NULL, 10);

  post(port, "/api/auth/register", eve, first, sizeof first);
  wait_for(&news, 1);
  post(port, "/api/auth/register", ada, second, sizeof second);
  EXPECT(strncmp(first, "HTTP/1.1 202 ", 13) == 0);
  EXPECT(strstr(first, "{\"success\":true}") != NULL);
  EXPECT(strcmp(first, second) == 0);
  wait_for(&news, 2);
  EXPECT(news.count == 2);
  EXPECT(news.state[0] == SECURECHAT_REGISTERED_PENDING);
  EXPECT(news.state[1] == SECURECHAT_REGISTERED_PENDING);
  EXPECT(strlen(news.user_id[1]) == 32 && strcmp(news.user_id[0], news.user_id[1]) != 0);
  EXPECT(strcmp(news.email[0], "ADA@example.com") == 0);
  EXPECT(strcmp(news.email[1], "ada@example.com") == 0);

  /* What was registered is no account before the owner of the address has said so. */
  post(port, "/api/auth/login", login, answer, sizeof answer);
  EXPECT(strncmp(answer, "HTTP/1.1 401 ", 13) == 0);
  EXPECT_STATUS(securechat_user_find(server, "ada@example.com", &json), SECURECHAT_OK);
  EXPECT(strstr(json, "\"enabled\":false,\"pending\":true") != NULL);
  securechat_free(json);

  /* The link of the mail that somebody else caused before leads nowhere; her own one does. */
  EXPECT_STATUS(securechat_user_set_enabled(server, news.user_id[0], 1), SECURECHAT_ERR_NOT_FOUND);
  EXPECT_STATUS(securechat_user_set_enabled(server, news.user_id[1], 1), SECURECHAT_OK);
  post(port, "/api/auth/login", login, answer, sizeof answer);
  EXPECT(strncmp(answer, "HTTP/1.1 200 ", 13) == 0);

  /* An account that is there stays as it is; the host hears whether it is in use. */
  post(port, "/api/auth/register", eve, answer, sizeof answer);
  EXPECT(strcmp(answer, first) == 0);
  wait_for(&news, 3);
  EXPECT(news.state[2] == SECURECHAT_REGISTERED_ENABLED);
  EXPECT_STATUS(securechat_user_set_enabled(server, news.user_id[1], 0), SECURECHAT_OK);
  post(port, "/api/auth/register", eve, answer, sizeof answer);
  EXPECT(strcmp(answer, first) == 0);
  wait_for(&news, 4);
  EXPECT(news.state[3] == SECURECHAT_REGISTERED_DISABLED);
  EXPECT(strcmp(news.user_id[2], news.user_id[1]) == 0);
  EXPECT(strcmp(news.user_id[3], news.user_id[1]) == 0);
  EXPECT_STATUS(securechat_server_destroy(server), SECURECHAT_OK);
  securechat_free(url);
}

int main(void) {
  nobody_to_mail_no_server();
  a_stranger_learns_nothing_and_the_host_all();
  return 0;
}
