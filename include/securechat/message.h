/**
 * @file securechat/message.h
 * @brief The hook that sees each message before it is stored and sent.
 */
#ifndef SECURECHAT_MESSAGE_H
#define SECURECHAT_MESSAGE_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Decides about a message.
 *
 * @param server the server.
 * @param message the message; it ends with the call, and so does all that was read from it.
 * @param user_data what was given at the registration.
 * @return ::SECURECHAT_VERDICT_NEXT or ::SECURECHAT_VERDICT_ALLOW lets it go on;
 *         ::SECURECHAT_VERDICT_DENY refuses it: it is neither stored nor sent, and its sender hears
 *         the reason of securechat_message_deny().
 *
 * **Thread:** the server's event loop, one callback at a time; it must not block.
 */
typedef securechat_verdict (*securechat_message_fn)(securechat_server* server,
                                                    securechat_message* message, void* user_data);

/**
 * Sets the hook that every message passes after it was checked and counted, before it is stored.
 *
 * @param server the server.
 * @param hook decides.
 * @param user_data passed to `hook`.
 * @param destroy frees `user_data`, or NULL.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_STATE after the start.
 *
 * **Thread:** any, before the start.
 */
SECURECHAT_API securechat_status securechat_server_on_message(securechat_server* server,
                                                              securechat_message_fn hook,
                                                              void* user_data,
                                                              securechat_destroy_fn destroy);

/**
 * The session that sent the message.
 *
 * @param message the message.
 * @return the session; 0 for NULL.
 *
 * **Thread:** only inside the callback.
 */
SECURECHAT_API securechat_session securechat_message_session(const securechat_message* message);

/**
 * Reads a field of the message.
 *
 * @param message the message.
 * @param field one of
 *        - `id` (32 hex digits), `timestamp` (ISO 8601, UTC)
 *        - `namespace`, `event`, `room`
 *        - `user_id`, `username`, `role`: of the sender
 *        - `body`: the text as it was typed, trimmed and not escaped
 *        - `args`: the event's arguments as the peer sent them, a JSON array
 * @param len receives the length in bytes; may be NULL.
 * @return the value, borrowed for the callback; NULL for a field that does not exist.
 *
 * **Thread:** only inside the callback.
 */
SECURECHAT_API const char* securechat_message_get(const securechat_message* message,
                                                  const char* field, size_t* len);

/**
 * Replaces the text.
 *
 * @param message the message.
 * @param body the new text, not escaped; copied. Texts of `body` read before are no longer valid.
 * @param len its length in bytes, or ::SECURECHAT_ZSTR.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_INVALID for text that is empty, not UTF-8 or holds a
 * NUL.
 *
 * **Thread:** only inside the callback.
 */
SECURECHAT_API securechat_status securechat_message_set_body(securechat_message* message,
                                                             const char* body, size_t len);

/**
 * Refuses the message with a reason of the host's own, whatever the callback then returns.
 *
 * @param message the message.
 * @param public_reason what the sender is told; NULL or empty for `Forbidden`.
 * @return ::SECURECHAT_OK.
 *
 * **Thread:** only inside the callback.
 */
SECURECHAT_API securechat_status securechat_message_deny(securechat_message* message,
                                                         const char* public_reason);

#ifdef __cplusplus
}
#endif

#endif /* SECURECHAT_MESSAGE_H */
