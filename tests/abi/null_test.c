/* NULL wherever a pointer can be: a documented code, never a crash, and no lost user data. */
#include "expect.h"

static securechat_verdict filter(securechat_handshake* handshake, void* user_data) {
  (void)handshake;
  (void)user_data;
  return SECURECHAT_VERDICT_NEXT;
}
static securechat_verdict hook(securechat_server* server, securechat_message* message,
                               void* user_data) {
  (void)server;
  (void)message;
  (void)user_data;
  return SECURECHAT_VERDICT_NEXT;
}
static void session(securechat_server* server, securechat_session id, const char* user_id,
                    const char* detail, void* user_data) {
  (void)server;
  (void)id;
  (void)user_id;
  (void)detail;
  (void)user_data;
}

static void registration(securechat_server* server, int32_t existed, const char* user_id,
                         const char* email, void* user_data) {
  (void)server;
  (void)existed;
  (void)user_id;
  (void)email;
  (void)user_data;
}

static void answer(securechat_server* server, securechat_session id, securechat_status status,
                   const char* json_args, size_t len, void* user_data) {
  (void)server;
  (void)id;
  (void)status;
  (void)json_args;
  (void)len;
  (void)user_data;
}
static void binary_answer(securechat_server* server, securechat_session id,
                          securechat_status status, const char* json_args, size_t len,
                          const securechat_blob* attachments, size_t count, void* user_data) {
  (void)attachments;
  (void)count;
  answer(server, id, status, json_args, len, user_data);
}

#define INVALID(call) EXPECT_STATUS(call, SECURECHAT_ERR_INVALID)

/* Shows: R102 */
static void null_handles(void) {
  char* text = NULL;
  size_t len = 7;
  const void* data = NULL;
  INVALID(securechat_config_set(NULL, "loop", "thread"));
  INVALID(securechat_config_get(NULL, "loop", &text));
  INVALID(securechat_config_load_file(NULL, "x"));
  INVALID(securechat_config_load_env(NULL, NULL));
  INVALID(securechat_server_start(NULL));
  INVALID(securechat_server_reload(NULL, NULL));
  INVALID(securechat_server_url(NULL, &text));
  INVALID(securechat_server_add_static(NULL, "/", "text/plain", "", 0));
  INVALID(securechat_server_emit(NULL, NULL, "e", "[]", SECURECHAT_ZSTR));
  INVALID(securechat_server_emit_binary(NULL, NULL, "e", "[]", SECURECHAT_ZSTR, NULL, 0));
  INVALID(securechat_server_declare_namespace(NULL, "/n"));
  INVALID(securechat_audit_verify(NULL, 0, &text));
  INVALID(securechat_keys_rotate(NULL, 1, &text));
  INVALID(securechat_keys_rotate("", 1, &text));
  INVALID(securechat_keys_rotate("/nowhere/keys.json", 1, NULL));
  INVALID(securechat_keys_rotate("/nowhere/keys.json", 64, &text));
  INVALID(securechat_keys_rotate("/nowhere/keys.json", 1, &text));
  INVALID(securechat_server_join(NULL, 1, "room"));
  INVALID(securechat_server_leave(NULL, 1, "room"));
  INVALID(securechat_server_disconnect(NULL, 1, "why"));
  INVALID(securechat_user_create(NULL, "u", "e", "p", &text));
  INVALID(securechat_user_find(NULL, "u", &text));
  INVALID(securechat_user_list(NULL, &text));
  INVALID(securechat_user_set_role(NULL, "u", "r"));
  INVALID(securechat_user_set_enabled(NULL, "u", 1));
  INVALID(securechat_user_set_password(NULL, "u", "p"));
  INVALID(securechat_user_remove(NULL, "u"));
  INVALID(securechat_login_list(NULL, "u", &text));
  INVALID(securechat_login_revoke(NULL, "s"));
  INVALID(securechat_token_revoke(NULL, "j", 0));
  INVALID(securechat_token_issue(NULL, "u", 0, &text));
  INVALID(securechat_token_verify(NULL, "t", &text));
  INVALID(securechat_handshake_set_principal(NULL, "u", "n", "r"));
  INVALID(securechat_handshake_reject(NULL, 403, "why"));
  INVALID(securechat_message_set_body(NULL, "b", 1));
  INVALID(securechat_message_deny(NULL, "why"));
  INVALID(securechat_message_ack(NULL, "[]", SECURECHAT_ZSTR));
  INVALID(securechat_message_ack_binary(NULL, "[]", SECURECHAT_ZSTR, NULL, 0));
  INVALID(securechat_message_attachment(NULL, 0, &data, &len));
  EXPECT(securechat_message_ref(NULL) == NULL);
  EXPECT(securechat_handshake_header(NULL, "h", &len) == NULL && len == 0);
  EXPECT(securechat_handshake_get(NULL, "stage", NULL) == NULL);
  EXPECT(securechat_handshake_server(NULL) == NULL);
  EXPECT(securechat_message_get(NULL, "body", &len) == NULL && len == 0);
  EXPECT(securechat_message_session(NULL) == 0);
  EXPECT_STATUS(securechat_server_stop(NULL, 0), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_destroy(NULL), SECURECHAT_OK);
  EXPECT(securechat_has_feature(NULL) == 0);
  securechat_message_unref(NULL);
  securechat_config_free(NULL);
  securechat_free(NULL);
}

/* Shows: R102 R104 */
static void null_arguments(void) {
  securechat_config* config = good_config();
  securechat_server* server = new_server();
  securechat_server* none = NULL;
  securechat_target target;
  char* text = NULL;
  INVALID(securechat_config_set(config, NULL, "x"));
  INVALID(securechat_config_set(config, "loop", NULL));
  INVALID(securechat_config_get(config, NULL, &text));
  INVALID(securechat_config_get(config, "loop", NULL));
  INVALID(securechat_config_load_file(config, NULL));
  INVALID(securechat_config_describe(0, NULL));
  INVALID(securechat_server_create(config, NULL));
  none = server;
  INVALID(securechat_server_create(NULL, &none));
  EXPECT(none == NULL);
  INVALID(securechat_server_url(server, NULL));
  INVALID(securechat_server_reload(server, NULL));
  INVALID(securechat_server_stop(server, -1));
  INVALID(securechat_server_add_static(server, NULL, "text/plain", "", 0));
  INVALID(securechat_server_add_static(server, "x", "text/plain", "", 0));
  INVALID(securechat_server_add_static(server, "/x", NULL, "", 0));
  INVALID(securechat_server_add_static(server, "/x", "a\r\nb", "", 0));
  INVALID(securechat_server_add_static(server, "/x", "text/plain", NULL, 1));
  INVALID(securechat_server_add_static(server, "/x", "text/plain", NULL, SECURECHAT_ZSTR));
  INVALID(securechat_server_emit(server, NULL, NULL, "[]", SECURECHAT_ZSTR));
  INVALID(securechat_server_emit(server, NULL, "", "[]", SECURECHAT_ZSTR));
  INVALID(securechat_server_emit(server, NULL, "disconnect", "[]", SECURECHAT_ZSTR));
  INVALID(securechat_server_emit(server, NULL, "e", "{}", SECURECHAT_ZSTR));
  INVALID(securechat_server_emit(server, NULL, "e", "[1,]", SECURECHAT_ZSTR));
  INVALID(securechat_server_emit(server, NULL, "e", "[1]garbage", SECURECHAT_ZSTR));
  memset(&target, 0, sizeof target);
  INVALID(securechat_server_emit(server, &target, "e", "[]", SECURECHAT_ZSTR));
  target.struct_size = 0xCCCCCCCCu;
  INVALID(securechat_server_emit(server, &target, "e", "[]", SECURECHAT_ZSTR));
  target.struct_size = sizeof target;
  target.nsp = "no-slash";
  INVALID(securechat_server_emit(server, &target, "e", "[]", SECURECHAT_ZSTR));
  target.nsp = NULL;
  target.reserved = 1;
  EXPECT_STATUS(securechat_server_emit(server, &target, "e", "[]", SECURECHAT_ZSTR),
                SECURECHAT_ERR_UNSUPPORTED);
  INVALID(securechat_server_emit_binary(server, NULL, NULL, "[]", SECURECHAT_ZSTR, NULL, 0));
  INVALID(securechat_server_emit_binary(server, NULL, "e", "[]", SECURECHAT_ZSTR, NULL, 1));
  INVALID(securechat_server_declare_namespace(server, NULL));
  INVALID(securechat_server_join(server, 1, NULL));
  INVALID(securechat_server_leave(server, 1, ""));
  INVALID(securechat_user_create(server, NULL, "e", "p", &text));
  INVALID(securechat_user_create(server, "u", NULL, "p", &text));
  INVALID(securechat_user_create(server, "u", "e", NULL, &text));
  INVALID(securechat_user_create(server, "u", "e", "p", NULL));
  INVALID(securechat_user_find(server, NULL, &text));
  INVALID(securechat_user_find(server, "u", NULL));
  INVALID(securechat_user_list(server, NULL));
  INVALID(securechat_user_set_role(server, NULL, "r"));
  INVALID(securechat_user_set_role(server, "u", NULL));
  INVALID(securechat_user_set_enabled(server, NULL, 1));
  INVALID(securechat_user_set_password(server, "u", NULL));
  INVALID(securechat_user_remove(server, NULL));
  INVALID(securechat_login_list(server, NULL, &text));
  INVALID(securechat_login_list(server, "u", NULL));
  INVALID(securechat_login_revoke(server, NULL));
  INVALID(securechat_token_revoke(server, NULL, 0));
  INVALID(securechat_token_issue(server, NULL, 0, &text));
  INVALID(securechat_token_issue(server, "u", -1, &text));
  INVALID(securechat_token_issue(server, "u", 0, NULL));
  INVALID(securechat_token_verify(server, NULL, &text));
  INVALID(securechat_token_verify(server, "t", NULL));
  EXPECT_STATUS(securechat_server_destroy(server), SECURECHAT_OK);
  securechat_config_free(config);
}

/* Shows: R102 */
static void user_data_is_destroyed_once(void) {
  securechat_server* server = new_server();
  securechat_server* const none = NULL;
  int failed = 0;
  int kept = 0;
  INVALID(securechat_server_add_handshake_filter(none, "f", 0, filter, &failed, count_destroy));
  EXPECT(failed == 1);
  INVALID(securechat_server_add_handshake_filter(server, NULL, 0, filter, &failed, count_destroy));
  INVALID(securechat_server_add_handshake_filter(server, "f", 0, NULL, &failed, count_destroy));
  INVALID(securechat_server_on_message(none, hook, &failed, count_destroy));
  INVALID(securechat_server_on_message(server, NULL, &failed, count_destroy));
  INVALID(securechat_server_on_connect(none, session, &failed, count_destroy));
  INVALID(securechat_server_on_connect(server, NULL, &failed, count_destroy));
  INVALID(securechat_server_on_disconnect(none, session, &failed, count_destroy));
  INVALID(securechat_server_on_disconnect(server, NULL, &failed, count_destroy));
  INVALID(securechat_server_on_registration(none, registration, &failed, count_destroy));
  INVALID(securechat_server_on_registration(server, NULL, &failed, count_destroy));
  INVALID(securechat_server_on_event(none, "/", "e", hook, &failed, count_destroy));
  INVALID(securechat_server_on_event(server, "/", NULL, hook, &failed, count_destroy));
  INVALID(securechat_server_on_event(server, "/", "e", NULL, &failed, count_destroy));
  INVALID(
      securechat_server_emit_with_ack(none, 1, "e", NULL, 0, 1, answer, &failed, count_destroy));
  INVALID(
      securechat_server_emit_with_ack(server, 1, NULL, NULL, 0, 1, answer, &failed, count_destroy));
  INVALID(
      securechat_server_emit_with_ack(server, 1, "e", NULL, 0, 1, NULL, &failed, count_destroy));
  INVALID(securechat_server_emit_binary_with_ack(none, 1, "e", NULL, 0, NULL, 0, 1, binary_answer,
                                                 &failed, count_destroy));
  INVALID(securechat_server_emit_binary_with_ack(server, 1, "e", "[]", 2, NULL, 1, 1, binary_answer,
                                                 &failed, count_destroy));
  INVALID(securechat_server_emit_binary_with_ack(server, 1, "e", NULL, 0, NULL, 0, 1, NULL, &failed,
                                                 count_destroy));
  INVALID(securechat_server_set_log(none, SECURECHAT_LOG_INFO, NULL, &failed, count_destroy));
  INVALID(securechat_server_set_log(server, 4, NULL, &failed, count_destroy));
  INVALID(securechat_server_set_audit(none, NULL, &failed, count_destroy));
  EXPECT(failed == 23);
  EXPECT_STATUS(
      securechat_server_add_handshake_filter(server, "f", 0, filter, &kept, count_destroy),
      SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_on_message(server, hook, &kept, count_destroy), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_on_connect(server, session, &kept, count_destroy), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_on_disconnect(server, session, &kept, count_destroy),
                SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_on_registration(server, registration, &kept, count_destroy),
                SECURECHAT_OK);
  EXPECT(kept == 0);
  EXPECT_STATUS(securechat_server_destroy(server), SECURECHAT_OK);
  EXPECT(kept == 5 && failed == 23);
}

int main(void) {
  null_handles();
  null_arguments();
  user_data_is_destroyed_once();
  return 0;
}
