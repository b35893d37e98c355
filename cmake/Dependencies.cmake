# Finds the libraries, all of them Debian packages. A missing one stops the configuration with the
# line that installs it.
find_package(PkgConfig)
if(NOT PKG_CONFIG_FOUND)
  message(FATAL_ERROR "pkg-config is missing. Install it with: apt-get install pkg-config")
endif()
find_package(Threads REQUIRED)

function(securechat_require target module minimum package)
  pkg_check_modules(${target} IMPORTED_TARGET "${module}>=${minimum}")
  if(NOT ${target}_FOUND)
    message(FATAL_ERROR "${module} ${minimum} or newer is missing. Install it with: apt-get install ${package}")
  endif()
endfunction()

securechat_require(LWS libwebsockets 4.1 libwebsockets-dev)
securechat_require(OPENSSL openssl 3.0 libssl-dev)
securechat_require(JWT libjwt 1.10 libjwt-dev)
securechat_require(CJSON libcjson 1.7.15 libcjson-dev)
securechat_require(SQLITE sqlite3 3.40 libsqlite3-dev)
securechat_require(XCRYPT libcrypt 4.4 libcrypt-dev)
securechat_require(UTF8PROC libutf8proc 2.6 libutf8proc-dev)
securechat_require(ZLIB zlib 1.2.13 zlib1g-dev)
securechat_require(UV libuv 1.44 libuv1-dev)
