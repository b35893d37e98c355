/**
 * @file securechat/user.h
 * @brief Accounts and tokens.
 *
 * These calls wait for the database, so that they return ::SECURECHAT_ERR_STATE from inside a
 * callback, and after a stop. They also work before the start: the first one opens the database.
 * All of them may return ::SECURECHAT_ERR_DATABASE, and ::SECURECHAT_ERR_AGAIN when too much waits
 * for the database or, where a password is hashed, for the hashing threads.
 */
#ifndef SECURECHAT_USER_H
#define SECURECHAT_USER_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Creates an account with the role `user`.
 *
 * @param server the server.
 * @param username the name that others see, 1 to 64 characters; stored in Unicode's form NFC,
 *        without space around it.
 * @param email the address, which no other account has.
 * @param password at least 8 characters with upper and lower case and a number, at most 72 bytes.
 * @param user_id receives the account's id, 32 hex digits; free it with securechat_free().
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_INVALID with what is wrong with which value;
 *         ::SECURECHAT_ERR_EXISTS when the address is taken, or the name with
 *         `auth.unique_usernames`.
 *
 * **Thread:** any but a callback's. Blocks for the time of a password hash.
 */
SECURECHAT_API securechat_status securechat_user_create(securechat_server* server,
                                                        const char* username, const char* email,
                                                        const char* password, char** user_id);

/**
 * Finds an account.
 *
 * @param server the server.
 * @param who its id, its e-mail address or its username.
 * @param json receives `{"id","username","email","role","enabled","pending","createdAt"}`, the time
 *        in ISO 8601; free it with securechat_free(). `pending`: registered with
 *        `auth.enumeration_safe`, and neither unlocked nor locked since; `enabled` is false then.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_NOT_FOUND; ::SECURECHAT_ERR_STATE when several
 *         accounts have that username: give the id or the address then.
 *
 * **Thread:** any but a callback's. Blocks.
 */
SECURECHAT_API securechat_status securechat_user_find(securechat_server* server, const char* who,
                                                      char** json);

/**
 * Lists all accounts.
 *
 * @param server the server.
 * @param json receives a JSON array of what securechat_user_find() gives; free it with
 *        securechat_free().
 * @return ::SECURECHAT_OK.
 *
 * **Thread:** any but a callback's. Blocks.
 */
SECURECHAT_API securechat_status securechat_user_list(securechat_server* server, char** json);

/**
 * Gives an account another role.
 *
 * @param server the server.
 * @param user_id the account's id.
 * @param role such as `user` or `admin`.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_NOT_FOUND; ::SECURECHAT_ERR_INVALID.
 *
 * **Thread:** any but a callback's. Blocks.
 */
SECURECHAT_API securechat_status securechat_user_set_role(securechat_server* server,
                                                          const char* user_id, const char* role);

/**
 * Locks an account or unlocks it. Locking ends its logins and closes its connections. A pending
 * account (securechat_registration_fn) is no longer pending after either.
 *
 * @param server the server.
 * @param user_id the account's id.
 * @param enabled 0 to lock, anything else to unlock.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_NOT_FOUND.
 *
 * **Thread:** any but a callback's. Blocks.
 */
SECURECHAT_API securechat_status securechat_user_set_enabled(securechat_server* server,
                                                             const char* user_id, int enabled);

/**
 * Gives an account another password and ends its logins.
 *
 * @param server the server.
 * @param user_id the account's id.
 * @param password the new password, as in securechat_user_create().
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_NOT_FOUND; ::SECURECHAT_ERR_INVALID.
 *
 * **Thread:** any but a callback's. Blocks for the time of a password hash.
 */
SECURECHAT_API securechat_status securechat_user_set_password(securechat_server* server,
                                                              const char* user_id,
                                                              const char* password);

/**
 * Removes an account, ends its logins and closes its connections.
 *
 * @param server the server.
 * @param user_id the account's id.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_NOT_FOUND.
 *
 * **Thread:** any but a callback's. Blocks.
 */
SECURECHAT_API securechat_status securechat_user_remove(securechat_server* server,
                                                        const char* user_id);

/**
 * Lists the logins of an account that stand, oldest first.
 *
 * @param server the server.
 * @param user_id the account's id.
 * @param json receives a JSON array of `{"sid","userId","createdAt","lastUsedAt","expiresAt"}`, the
 *        times in ISO 8601; free it with securechat_free(). Empty for an account that there is not.
 * @return ::SECURECHAT_OK.
 *
 * **Thread:** any but a callback's. Blocks.
 */
SECURECHAT_API securechat_status securechat_login_list(securechat_server* server,
                                                       const char* user_id, char** json);

/**
 * Ends a login: its access and refresh tokens are refused, its connections close within a second.
 * One that has ended already stays ended.
 *
 * @param server the server.
 * @param sid the login's id, the `sid` claim of its tokens.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_NOT_FOUND.
 *
 * **Thread:** any but a callback's. Blocks.
 */
SECURECHAT_API securechat_status securechat_login_revoke(securechat_server* server,
                                                         const char* sid);

/**
 * Revokes tokens of an external issuer (`auth.public_key`) by what they are called, as they have no
 * login here: they are refused, also after a restart. The connections of a `sid` close within a
 * second, and those of a `jti` where its token has no `sid`; where it has one, they end with it.
 *
 * @param server the server.
 * @param name the `jti` claim of one token, or the `sid` claim of all tokens of a login at the
 *        issuer, at most 1024 bytes. Tokens that carry neither cannot be revoked.
 * @param until Unix seconds when the last of these tokens ends, after which the server may forget
 *        it; at most ten years from now, which 0 stands for.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_INVALID; ::SECURECHAT_ERR_UNSUPPORTED without an
 *         external issuer: see securechat_login_revoke().
 *
 * **Thread:** any but a callback's. Blocks.
 */
SECURECHAT_API securechat_status securechat_token_revoke(securechat_server* server,
                                                         const char* name, int64_t until);

/**
 * Issues an access token for an account, as a login would.
 *
 * @param server the server.
 * @param user_id the account's id.
 * @param ttl_seconds the token's life in seconds, from 1 on; 0 for `auth.jwt_expires_in`.
 * @param jwt receives the token; free it with securechat_free().
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_NOT_FOUND; ::SECURECHAT_ERR_DENIED for a locked
 *         account; ::SECURECHAT_ERR_INVALID for more than ten years;
 *         ::SECURECHAT_ERR_UNSUPPORTED with an external issuer (`auth.public_key`).
 *
 * **Thread:** any but a callback's. Blocks.
 */
SECURECHAT_API securechat_status securechat_token_issue(securechat_server* server,
                                                        const char* user_id, int64_t ttl_seconds,
                                                        char** jwt);

/**
 * Checks an access token.
 *
 * @param server the server.
 * @param jwt the token.
 * @param claims_json receives the token's claims as a JSON object; free it with securechat_free().
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_AUTH for a token that is refused, with the reason in
 *         securechat_last_error().
 *
 * **Thread:** any but a callback's. Blocks.
 */
SECURECHAT_API securechat_status securechat_token_verify(securechat_server* server, const char* jwt,
                                                         char** claims_json);

/** A registration made a new account, which is pending until the owner of the address is heard. */
#define SECURECHAT_REGISTERED_PENDING ((int32_t)0)
/** Somebody gave the address of an account that is there and can be used; nothing was changed. */
#define SECURECHAT_REGISTERED_ENABLED ((int32_t)1)
/** Somebody gave the address of an account that the host locked; nothing was changed. */
#define SECURECHAT_REGISTERED_DISABLED ((int32_t)2)

/**
 * What a host is told of registrations with `auth.enumeration_safe`.
 *
 * When an address is registered again while its account is pending, the new name and password
 * replace the old ones, because whoever came first has not shown that the address is his. The
 * account is then another one with another id, and securechat_user_set_enabled() answers
 * ::SECURECHAT_ERR_NOT_FOUND for the old id. So a link must carry the `user_id` that it was mailed
 * for, sealed or as the key of a secret that the host keeps, and never look it up by the address:
 * then no link enables a password other than the one of its own registration. It must count once,
 * or it would unlock an account that the host locks later. Pending accounts stay until the host
 * removes them (securechat_user_list() tells `pending` and `createdAt`).
 *
 * @param server the server.
 * @param state one of `SECURECHAT_REGISTERED_*`; more may come, for which nothing is to be enabled.
 * @param user_id the account's id, 32 hex digits.
 * @param email its address. It and `user_id` are borrowed for the time of the call.
 * @param user_data as given.
 *
 * **Thread:** the event loop that served the request: with `listen.threads` over 1 several call at
 * the same time, and two registrations of one address may be told in the other order.
 */
typedef void (*securechat_registration_fn)(securechat_server* server, int32_t state,
                                           const char* user_id, const char* email, void* user_data);

/**
 * Sets the callback for registrations over HTTP with `auth.enumeration_safe`, without which a
 * server of that option does not start. The one who registers is answered alike in all cases; the
 * host mails the owner of the address: a link whose use enables a pending account
 * (securechat_user_set_enabled()) and that only he may follow who has just registered, or that he
 * has an account already. To mail takes time: do it on another thread.
 *
 * @param server the server.
 * @param callback hears of them.
 * @param user_data passed to `callback`.
 * @param destroy frees `user_data`, or NULL.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_STATE after the start.
 *
 * **Thread:** any, before the start.
 */
SECURECHAT_API securechat_status
securechat_server_on_registration(securechat_server* server, securechat_registration_fn callback,
                                  void* user_data, securechat_destroy_fn destroy);

#ifdef __cplusplus
}
#endif

#endif /* SECURECHAT_USER_H */
