/**
 * @file securechat/config.h
 * @brief Configuration: keys and values checked against one table of options.
 *
 * The same words work in C, in the JSON file, in the environment and on securechatd's command line.
 * securechat_config_describe() lists them all. Later values replace earlier ones, so that a host
 * decides which source wins by the order of its calls.
 */
#ifndef SECURECHAT_CONFIG_H
#define SECURECHAT_CONFIG_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

/** One row of the table of options. All texts are static. */
typedef struct securechat_option {
  uint32_t struct_size; /**< How much of this structure the library fills. */
  uint32_t reserved;
  const char* key;           /**< Such as `"listen.port"`. */
  const char* type;          /**< text, secret, path, integer, duration, flag, choice, origins,
                                  addresses or list. */
  const char* default_value; /**< Never NULL; empty for none. */
  const char* environment;   /**< The environment variable, such as `"PORT"`. Besides it, every
                                  option is read as SECURECHAT_<KEY> with `_` for `.`. */
  const char* help;          /**< What it does and what it accepts. */
} securechat_option;

/**
 * Makes a configuration in which every option has its default.
 *
 * @return the configuration, which the caller frees with securechat_config_free(); NULL when memory
 *         is exhausted.
 *
 * **Thread:** any. One configuration is used by one thread at a time.
 */
SECURECHAT_API securechat_config* securechat_config_new(void);

/**
 * Sets one option.
 *
 * @param config the configuration.
 * @param key the option's key, such as `"listen.port"`.
 * @param value its value as text. Numbers are decimal; durations are a whole number with ms, s, m,
 *        h or d, or of seconds without one; lists are separated by commas; flags are true or false,
 *        on or off.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_INVALID for a key that is no option (the error names
 *        the nearest one) or a value that the option does not accept. A value that was refused
 * leaves the earlier one. Whether options fit together is checked by securechat_server_create().
 *
 * **Thread:** one at a time for each configuration.
 */
SECURECHAT_API securechat_status securechat_config_set(securechat_config* config, const char* key,
                                                       const char* value);

/**
 * Reads one option, its default when it was not set.
 *
 * @param config the configuration.
 * @param key the option's key.
 * @param out receives the value, secrets included; free it with securechat_free().
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_INVALID for a key that is no option.
 *
 * **Thread:** one at a time for each configuration.
 */
SECURECHAT_API securechat_status securechat_config_get(const securechat_config* config,
                                                       const char* key, char** out);

/**
 * Sets the options that a JSON file holds, nested by the dots of their keys
 * (`{"listen": {"port": 3000}}`) or with flat keys (`{"listen.port": 3000}`).
 *
 * @param config the configuration.
 * @param path the file, of at most 1 MiB.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_INVALID when the file cannot be read, is not strict
 *         JSON, or holds a key or value that is refused. A file that fails changes nothing.
 *
 * **Thread:** one at a time for each configuration. Blocks while it reads.
 */
SECURECHAT_API securechat_status securechat_config_load_file(securechat_config* config,
                                                             const char* path);

/**
 * Sets the options that environment variables hold: the names of securechat_option.environment and
 * SECURECHAT_<KEY>; the latter wins when both are there.
 *
 * @param config the configuration.
 * @param env_file NULL for the environment of the process; else a file of `NAME=value` lines with
 *        `#` comments and optional quotes. In a file, a SECURECHAT_ name that is no option is
 *        refused; other names that are not known are passed over.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_INVALID when the file cannot be read or a value is
 *         refused; the error names the variable. A source that fails changes nothing.
 *
 * **Thread:** one at a time for each configuration. With NULL no other thread may change the
 * environment meanwhile: this is the only call that reads it.
 */
SECURECHAT_API securechat_status securechat_config_load_env(securechat_config* config,
                                                            const char* env_file);

/**
 * Reads the table of options, row by row.
 *
 * @param index 0 for the first row.
 * @param out receives the row, which is static and never freed.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_NOT_FOUND behind the last row, with `*out` NULL.
 *
 * **Thread:** any.
 */
SECURECHAT_API securechat_status securechat_config_describe(size_t index,
                                                            const securechat_option** out);

/**
 * Rotates the keys in a file for the option `auth.keys_file`: puts a new key for access tokens and
 * one for refresh tokens at the head, where they sign, and keeps older ones behind them, which go
 * on verifying. Makes the file, with mode 0600, when there is none. A running server takes the new
 * keys with securechat_server_reload().
 *
 * @param path the file: a JSON Web Key Set of symmetric keys (RFC 7517), as docs/protocol.md has
 * it. It is replaced in one step; a call that fails leaves it as it was.
 * @param keep how many of the older keys of each use stay, at most 31. 0 ends every token that
 *        there is.
 * @param json receives `{"keys":[{"kid","use","signs"}]}`, what the file holds now without the keys
 *        themselves; free it with securechat_free().
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_INVALID when the file is no good key file, may be read
 *         by others, cannot be replaced, or is being rotated by somebody else.
 *
 * **Thread:** any. Blocks while it writes.
 */
SECURECHAT_API securechat_status securechat_keys_rotate(const char* path, uint32_t keep,
                                                        char** json);

/**
 * Frees a configuration and wipes its secrets. Servers made from it have their own copy.
 *
 * @param config the configuration, or NULL, which does nothing.
 *
 * **Thread:** one at a time for each configuration.
 */
SECURECHAT_API void securechat_config_free(securechat_config* config);

#ifdef __cplusplus
}
#endif

#endif /* SECURECHAT_CONFIG_H */
