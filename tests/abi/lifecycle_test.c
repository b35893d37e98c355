/* A server's life, stale sessions, accounts and tokens, and what is left of it after fork(). */
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "expect.h"

static securechat_verdict filter(securechat_handshake* handshake, void* user_data) {
  (void)handshake;
  (void)user_data;
  return SECURECHAT_VERDICT_NEXT;
}

static void count_line(int32_t level, const char* message, size_t len, void* lines) {
  EXPECT(level >= SECURECHAT_LOG_ERROR && level <= SECURECHAT_LOG_DEBUG);
  EXPECT(strlen(message) == len && strchr(message, '\n') == NULL);
  ++*(int*)lines;
}

/* Shows: R102 */
static void life(void) {
  securechat_server* server = new_server();
  securechat_config* config = good_config();
  securechat_target target;
  char* url = NULL;
  int lines = 0;
  int destroyed = 0;
  EXPECT_STATUS(securechat_server_url(server, &url), SECURECHAT_ERR_STATE);
  EXPECT_STATUS(securechat_server_emit(server, NULL, "e", NULL, 0), SECURECHAT_ERR_STATE);
  EXPECT_STATUS(securechat_server_set_log(server, SECURECHAT_LOG_DEBUG, count_line, &lines, NULL),
                SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_add_static(server, "/index.html", "text/html", "<p>", 3),
                SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_start(server), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_start(server), SECURECHAT_ERR_STATE);
  EXPECT(lines > 0);
  EXPECT_STATUS(
      securechat_server_add_handshake_filter(server, "f", 0, filter, &destroyed, count_destroy),
      SECURECHAT_ERR_STATE);
  EXPECT(destroyed == 1);
  EXPECT_STATUS(securechat_server_add_static(server, "/a", "text/html", "", 0),
                SECURECHAT_ERR_STATE);
  EXPECT_STATUS(securechat_server_url(server, &url), SECURECHAT_OK);
  EXPECT(strncmp(url, "http://127.0.0.1:", 17) == 0);
  securechat_free(url);

  EXPECT_STATUS(securechat_server_emit(server, NULL, "e", "[1]", SECURECHAT_ZSTR), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_join(server, 12345, "r"), SECURECHAT_ERR_NOT_FOUND);
  EXPECT_STATUS(securechat_server_leave(server, 12345, "r"), SECURECHAT_ERR_NOT_FOUND);
  EXPECT_STATUS(securechat_server_disconnect(server, 12345, NULL), SECURECHAT_ERR_NOT_FOUND);
  memset(&target, 0, sizeof target);
  target.struct_size = sizeof target;
  target.session = 12345;
  EXPECT_STATUS(securechat_server_emit(server, &target, "e", "[1]", 3), SECURECHAT_ERR_NOT_FOUND);

  EXPECT_STATUS(securechat_config_set(config, "limits.messages", "7"), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_reload(server, config), SECURECHAT_OK);
  EXPECT_STATUS(securechat_config_set(config, "auth.jwt_secret", "x"), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_reload(server, config), SECURECHAT_ERR_INVALID);

  EXPECT_STATUS(securechat_server_stop(server, 100), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_stop(server, 100), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_start(server), SECURECHAT_ERR_STATE);
  EXPECT_STATUS(securechat_server_emit(server, NULL, "e", NULL, 0), SECURECHAT_ERR_STATE);
  EXPECT_STATUS(securechat_server_destroy(server), SECURECHAT_OK);
  securechat_config_free(config);
}

/* Works without listening: a command line needs no port to administer accounts. */
static void accounts_before_start(void) {
  securechat_server* server = new_server();
  char* id = NULL;
  char* json = NULL;
  char* token = NULL;
  EXPECT_STATUS(securechat_user_create(server, "ada", "ada@example.com", "Passw0rd1", &id),
                SECURECHAT_OK);
  EXPECT(strlen(id) == 32);
  EXPECT_STATUS(securechat_user_create(server, "eve", "ada@example.com", "Passw0rd1", &json),
                SECURECHAT_ERR_EXISTS);
  EXPECT(json == NULL);
  EXPECT_STATUS(securechat_user_set_role(server, id, "admin"), SECURECHAT_OK);
  EXPECT_STATUS(securechat_user_find(server, "ada", &json), SECURECHAT_OK);
  EXPECT(strstr(json, id) != NULL && strstr(json, "\"role\":\"admin\"") != NULL);
  EXPECT(strstr(json, "\"enabled\":true") != NULL && strstr(json, "$2") == NULL);
  securechat_free(json);
  EXPECT_STATUS(securechat_token_issue(server, id, 60, &token), SECURECHAT_OK);
  EXPECT_STATUS(securechat_token_verify(server, token, &json), SECURECHAT_OK);
  EXPECT(strstr(json, id) != NULL);
  securechat_free(json);
  securechat_free(token);
  EXPECT_STATUS(securechat_token_verify(server, "x.y.z", &json), SECURECHAT_ERR_AUTH);
  EXPECT_STATUS(securechat_user_set_enabled(server, id, 0), SECURECHAT_OK);
  EXPECT_STATUS(securechat_user_list(server, &json), SECURECHAT_OK);
  EXPECT(json[0] == '[' && strstr(json, "\"enabled\":false") != NULL);
  securechat_free(json);
  EXPECT_STATUS(securechat_user_set_enabled(server, id, 1), SECURECHAT_OK);
  EXPECT_STATUS(securechat_user_set_password(server, id, "Passw0rd2"), SECURECHAT_OK);
  EXPECT_STATUS(securechat_user_remove(server, id), SECURECHAT_OK);
  EXPECT_STATUS(securechat_user_remove(server, id), SECURECHAT_ERR_NOT_FOUND);
  EXPECT_STATUS(securechat_user_find(server, "ada", &json), SECURECHAT_ERR_NOT_FOUND);
  securechat_free(id);
  EXPECT_STATUS(securechat_server_destroy(server), SECURECHAT_OK);
}

/* Shows: R21 R32 */
static void logins(void) {
  securechat_server* server = new_server();
  char* id = NULL;
  char* json = NULL;
  char* token = NULL;
  char sid[33];
  const char* found;
  EXPECT_STATUS(securechat_user_create(server, "ada", "ada@example.com", "Passw0rd1", &id),
                SECURECHAT_OK);
  EXPECT_STATUS(securechat_login_list(server, id, &json), SECURECHAT_OK);
  EXPECT(strcmp(json, "[]") == 0);
  securechat_free(json);
  EXPECT_STATUS(securechat_token_issue(server, id, 60, &token), SECURECHAT_OK);
  EXPECT_STATUS(securechat_login_list(server, id, &json), SECURECHAT_OK);
  found = strstr(json, "\"sid\":\"");
  EXPECT(found != NULL && strstr(json, id) != NULL && strstr(json, "\"expiresAt\":\"20") != NULL);
  memcpy(sid, found + 7, 32);
  sid[32] = '\0';
  securechat_free(json);
  EXPECT_STATUS(securechat_login_revoke(server, "nobody"), SECURECHAT_ERR_NOT_FOUND);
  EXPECT_STATUS(securechat_login_revoke(server, sid), SECURECHAT_OK);
  EXPECT_STATUS(securechat_login_revoke(server, sid), SECURECHAT_OK);
  EXPECT_STATUS(securechat_login_list(server, id, &json), SECURECHAT_OK);
  EXPECT(strcmp(json, "[]") == 0);
  securechat_free(json);
  EXPECT_STATUS(securechat_token_revoke(server, "jti", 0), SECURECHAT_ERR_UNSUPPORTED);
  EXPECT(strstr(securechat_last_error(), "sid") != NULL);
  securechat_free(token);
  securechat_free(id);
  EXPECT_STATUS(securechat_server_destroy(server), SECURECHAT_OK);
}

static void child(securechat_server* inherited) {
  char* url = NULL;
  EXPECT_STATUS(securechat_server_url(inherited, &url), SECURECHAT_ERR_FORKED);
  EXPECT_STATUS(securechat_server_emit(inherited, NULL, "e", NULL, 0), SECURECHAT_ERR_FORKED);
  EXPECT_STATUS(securechat_user_list(inherited, &url), SECURECHAT_ERR_FORKED);
  EXPECT_STATUS(securechat_server_stop(inherited, 0), SECURECHAT_ERR_FORKED);
  EXPECT_STATUS(securechat_server_destroy(inherited), SECURECHAT_ERR_FORKED);
  /* ThreadSanitizer takes a thread of the child for that of the parent whose stack it got. */
#ifndef __SANITIZE_THREAD__
  {
    securechat_server* own = new_server();
    EXPECT_STATUS(securechat_server_start(own), SECURECHAT_OK);
    EXPECT_STATUS(securechat_server_destroy(own), SECURECHAT_OK);
  }
#endif
  _exit(0);
}

/* Shows: R105 */
static void after_fork(void) {
  securechat_server* server = new_server();
  char* url = NULL;
  int status = 0;
  pid_t pid;
  EXPECT_STATUS(securechat_server_start(server), SECURECHAT_OK);
  pid = fork();
  EXPECT(pid >= 0);
  if (pid == 0) child(server);
  EXPECT(waitpid(pid, &status, 0) == pid);
  EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_STATUS(securechat_server_url(server, &url), SECURECHAT_OK);
  securechat_free(url);
  EXPECT_STATUS(securechat_server_destroy(server), SECURECHAT_OK);
}

/* What a careless host does in a destroy function: it uses the server that is going. */
static void come_back(void* handle) {
  securechat_server* server = *(securechat_server**)handle;
  char* url = NULL;
  EXPECT_STATUS(securechat_server_url(server, &url), SECURECHAT_ERR_STATE);
  EXPECT_STATUS(securechat_server_emit(server, NULL, "e", NULL, 0), SECURECHAT_ERR_STATE);
  EXPECT_STATUS(securechat_server_stop(server, 0), SECURECHAT_ERR_STATE);
  EXPECT_STATUS(securechat_server_destroy(server), SECURECHAT_ERR_STATE);
  *(securechat_server**)handle = NULL;
}

/* Shows: R102 */
static void while_it_is_destroyed(void) {
  securechat_server* server = new_server();
  securechat_server* seen = server;
  EXPECT_STATUS(securechat_server_add_handshake_filter(server, "f", 0, filter, &seen, come_back),
                SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_start(server), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_destroy(server), SECURECHAT_OK);
  EXPECT(seen == NULL);
}

int main(void) {
  life();
  while_it_is_destroyed();
  accounts_before_start();
  logins();
  after_fork();
  return 0;
}
