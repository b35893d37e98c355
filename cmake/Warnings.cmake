# One interface target carries the warnings and the hardening of every translation unit of ours.
option(SECURECHAT_WERROR "Treat warnings as errors" OFF)
set(SECURECHAT_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize= (address,undefined or thread)")

add_library(securechat_flags INTERFACE)
target_compile_options(securechat_flags INTERFACE
  -Wall -Wextra -Wconversion -Wformat=2 -Wshadow -fstack-protector-strong
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
  $<$<BOOL:${SECURECHAT_WERROR}>:-Werror>
  $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>
  $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Wthread-safety>)
# Programs are linked as position independent ones, and nothing that the linker fills in stays writable.
include(CheckPIESupported)
check_pie_supported()
target_link_options(securechat_flags INTERFACE LINKER:-z,relro LINKER:-z,now LINKER:-z,noexecstack)
if(SECURECHAT_SANITIZE)
  target_compile_options(securechat_flags INTERFACE
    -fsanitize=${SECURECHAT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(securechat_flags INTERFACE -fsanitize=${SECURECHAT_SANITIZE})
else()
  target_compile_options(securechat_flags INTERFACE $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>)
endif()
