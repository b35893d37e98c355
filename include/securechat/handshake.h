/**
 * @file securechat/handshake.h
 * @brief The filter chain that every peer passes before it is let in.
 *
 * Filters run twice: at the stage `upgrade`, on the HTTP request that begins a connection, and at
 * the stage `join`, when the peer has presented its token and asks for a namespace. The built-in
 * checks (token, origin, rate, CSRF) hold whatever filters say, except that a principal set by a
 * filter takes the place of a token.
 */
#ifndef SECURECHAT_HANDSHAKE_H
#define SECURECHAT_HANDSHAKE_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Decides about a peer.
 *
 * @param handshake the peer; it ends with the call, and so does all that was read from it.
 * @param user_data what was given at the registration.
 * @return one of `SECURECHAT_VERDICT_*`. A refusal is HTTP 403, or what
 *         securechat_handshake_reject() gave, at the stage `upgrade`; at the stage `join` it is a
 *         connect_error or close code 4403 with the public reason.
 *
 * **Thread:** the event loop of the peer's connection, one callback of a loop at a time; with
 * `listen.threads` over 1 several loops call at the same time. It must not block.
 */
typedef securechat_verdict (*securechat_handshake_fn)(securechat_handshake* handshake,
                                                      void* user_data);

/**
 * Adds a filter.
 *
 * @param server the server.
 * @param name the filter's name in the log; not empty.
 * @param priority filters with lower numbers run first, equal ones in the order they were added.
 * @param filter decides.
 * @param user_data passed to `filter`.
 * @param destroy frees `user_data`, or NULL.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_STATE after the start.
 *
 * **Thread:** any, before the start.
 */
SECURECHAT_API securechat_status securechat_server_add_handshake_filter(
    securechat_server* server, const char* name, int32_t priority, securechat_handshake_fn filter,
    void* user_data, securechat_destroy_fn destroy);

/**
 * Reads a header of the HTTP request that began the connection.
 *
 * @param handshake the peer.
 * @param name the header's name, in upper or lower case.
 * @param len receives the length in bytes; may be NULL.
 * @return the value, borrowed for the callback; NULL when the request has no such header.
 *
 * **Thread:** only inside the callback.
 */
SECURECHAT_API const char* securechat_handshake_header(const securechat_handshake* handshake,
                                                       const char* name, size_t* len);

/**
 * Reads what is known about the peer.
 *
 * @param handshake the peer.
 * @param field one of
 *        - `stage`: `upgrade` or `join`
 *        - `address`: the client's address, behind trusted proxies its own
 *        - `origin`, `path`, `query`, `transport` (`websocket` or `polling`): of the HTTP request
 *        - `namespace`, `auth` (the auth object as JSON): at the stage `join`
 *        - `user_id`, `username`, `role`, `claims` (the token's, as JSON): of the principal, once
 *          there is one
 * @param len receives the length in bytes; may be NULL.
 * @return the value, borrowed for the callback, empty when it is not there at this stage; NULL for
 *         a field that does not exist.
 *
 * **Thread:** only inside the callback.
 */
SECURECHAT_API const char* securechat_handshake_get(const securechat_handshake* handshake,
                                                    const char* field, size_t* len);

/**
 * The server that the peer asks.
 *
 * @param handshake the peer.
 * @return the server; NULL for NULL.
 *
 * **Thread:** only inside the callback.
 */
SECURECHAT_API securechat_server* securechat_handshake_server(
    const securechat_handshake* handshake);

/**
 * Says who the peer is. It takes the place of a token: the peer needs none.
 *
 * @param handshake the peer.
 * @param user_id the user, as the host names it; not empty. It needs no account here.
 * @param username the name that others see; NULL or empty for `user_id`.
 * @param role such as `admin`; NULL or empty for `user`.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_INVALID for text that is longer than 64 characters,
 *        holds control characters or is not UTF-8.
 *
 * **Thread:** only inside the callback.
 */
SECURECHAT_API securechat_status securechat_handshake_set_principal(securechat_handshake* handshake,
                                                                    const char* user_id,
                                                                    const char* username,
                                                                    const char* role);

/**
 * Refuses the peer with a reason of the host's own, whatever the callback then returns.
 *
 * @param handshake the peer.
 * @param http_status the answer at the stage `upgrade`, 400 to 599; 0 for 403.
 * @param public_reason what the peer is told, such as `NOT_STAFF`; NULL or empty for `FORBIDDEN`.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_INVALID for another status.
 *
 * **Thread:** only inside the callback.
 */
SECURECHAT_API securechat_status securechat_handshake_reject(securechat_handshake* handshake,
                                                             int32_t http_status,
                                                             const char* public_reason);

#ifdef __cplusplus
}
#endif

#endif /* SECURECHAT_HANDSHAKE_H */
