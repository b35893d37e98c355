/**
 * @file securechat/message.h
 * @brief The hook that sees each message before it is stored and sent, and events of the host's
 * own.
 */
#ifndef SECURECHAT_MESSAGE_H
#define SECURECHAT_MESSAGE_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Decides about a message, or handles an event of the host's own.
 *
 * @param server the server.
 * @param message the message; it ends with the call, and so does all that was read from it, unless
 *        securechat_message_ref() keeps it.
 * @param user_data what was given at the registration.
 * @return ::SECURECHAT_VERDICT_NEXT or ::SECURECHAT_VERDICT_ALLOW lets it go on;
 *         ::SECURECHAT_VERDICT_DENY refuses it: it is neither stored nor sent, and its sender hears
 *         the reason of securechat_message_deny().
 *
 * **Thread:** the event loop of the sender's connection, one callback of a loop at a time; with
 * `listen.threads` over 1 several loops call at the same time. It must not block.
 */
typedef securechat_verdict (*securechat_message_fn)(securechat_server* server,
                                                    securechat_message* message, void* user_data);

/**
 * Sets the hook that every message passes after it was checked and counted, before it is stored.
 * The new text of a message that is edited passes it too, with the event `edit-message` and the
 * message's own id.
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
 * Sets the handler of an event of the host's own: one that clients send and that is none of the
 * server's. Such events count against what a connection may send, not against `limits.messages`.
 *
 * The handler may acknowledge with securechat_message_ack(), at once or, with a reference, later.
 * When an acknowledgement was asked for and none is given by the end of the call and of all
 * references, the server answers `{"ok":true}`; a verdict of ::SECURECHAT_VERDICT_DENY answers
 * `{"ok":false,"error":reason,"code":"FORBIDDEN"}`, or sends an `error` event where no
 * acknowledgement was asked for.
 *
 * @param server the server.
 * @param nsp the namespace as it was declared, a name or a pattern; NULL for `/`.
 * @param event the event's name; not empty, none of the server's own events (`send-message`,
 *        `join-room`, ...) and none of the protocol's (`connect`, `disconnect`, ...).
 * @param hook handles it. A later call for the same event replaces it.
 * @param user_data passed to `hook`.
 * @param destroy frees `user_data`, or NULL.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_INVALID for such a name or a namespace that is not
 *         declared; ::SECURECHAT_ERR_STATE after the start.
 *
 * **Thread:** any, before the start.
 */
SECURECHAT_API securechat_status securechat_server_on_event(securechat_server* server,
                                                            const char* nsp, const char* event,
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
 *        - `args`: the event's arguments as the peer sent them, a JSON array, in which
 *          `{"_placeholder":true,"num":i}` stands for attachment `i`
 * @param len receives the length in bytes; may be NULL.
 * @return the value, borrowed for the callback, or for as long as the message is referenced; NULL
 *         for a field that does not exist.
 *
 * **Thread:** only inside the callback; with a reference any, one at a time.
 */
SECURECHAT_API const char* securechat_message_get(const securechat_message* message,
                                                  const char* field, size_t* len);

/**
 * Reads a binary attachment of an event of the host's own.
 *
 * @param message the message.
 * @param i its number, from 0.
 * @param data receives the bytes, borrowed as the values of securechat_message_get() are; NULL when
 *        the call fails.
 * @param len receives the length in bytes; may be NULL.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_NOT_FOUND past the last one.
 *
 * **Thread:** only inside the callback; with a reference any, one at a time.
 */
SECURECHAT_API securechat_status securechat_message_attachment(const securechat_message* message,
                                                               size_t i, const void** data,
                                                               size_t* len);

/**
 * Replaces the text.
 *
 * @param message the message.
 * @param body the new text, not escaped; copied. Texts of `body` read before are no longer valid.
 * @param len its length in bytes, or ::SECURECHAT_ZSTR.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_INVALID for text that is empty, not UTF-8, holds a NUL
 * or has over 1,000,000 bytes; ::SECURECHAT_ERR_STATE after the callback.
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
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_STATE after the callback.
 *
 * **Thread:** only inside the callback.
 */
SECURECHAT_API securechat_status securechat_message_deny(securechat_message* message,
                                                         const char* public_reason);

/**
 * Acknowledges an event of the host's own, once.
 *
 * @param message the message.
 * @param json_args the arguments that the client's callback gets, a JSON array such as
 *        `[{"pong":1}]`; copied; NULL for none. A plain WebSocket gets the first one.
 * @param len its length in bytes, or ::SECURECHAT_ZSTR; any when `json_args` is NULL.
 * @return ::SECURECHAT_OK when it is on its way; ::SECURECHAT_ERR_STATE when no acknowledgement was
 *         asked for (also for a message of securechat_server_on_message(), which the server
 *         acknowledges itself) or one was given; ::SECURECHAT_ERR_NOT_FOUND when the session has
 *         ended; ::SECURECHAT_ERR_INVALID for what is no JSON array.
 *
 * **Thread:** any; outside the callback with a reference.
 */
SECURECHAT_API securechat_status securechat_message_ack(securechat_message* message,
                                                        const char* json_args, size_t len);

/**
 * As securechat_message_ack(), with binary attachments. A plain WebSocket gets the placeholders.
 *
 * @param message the message.
 * @param json_args a JSON array that holds `{"_placeholder":true,"num":i}` once for each
 *        attachment, numbered from 0 in the order in which they stand.
 * @param len its length in bytes, or ::SECURECHAT_ZSTR.
 * @param attachments the attachments; copied.
 * @param count how many; at most 10.
 * @return as securechat_message_ack().
 *
 * **Thread:** any; outside the callback with a reference.
 */
SECURECHAT_API securechat_status securechat_message_ack_binary(securechat_message* message,
                                                               const char* json_args, size_t len,
                                                               const securechat_blob* attachments,
                                                               size_t count);

/**
 * Keeps a message beyond its callback: to acknowledge it later, on any thread.
 *
 * @param message the message of a callback, or one that is referenced already.
 * @return the message to go on with, to be given up by securechat_message_unref() before the server
 *         is destroyed; not necessarily `message` itself. NULL when memory is exhausted.
 *
 * **Thread:** inside the callback; with a reference any.
 */
SECURECHAT_API securechat_message* securechat_message_ref(securechat_message* message);

/**
 * Gives up a reference.
 *
 * @param message what securechat_message_ref() returned, or NULL, which does nothing.
 *
 * **Thread:** any.
 */
SECURECHAT_API void securechat_message_unref(securechat_message* message);

#ifdef __cplusplus
}
#endif

#endif /* SECURECHAT_MESSAGE_H */
