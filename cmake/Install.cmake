# What `cmake --install` puts under a prefix. Nothing in it holds the prefix: the tree may be moved.
include(CMakePackageConfigHelpers)

set(securechat_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/securechat)
set(securechat_pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(TARGETS securechat EXPORT securechatTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS securechat_static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h")

if(TARGET securechatd)
  file(RELATIVE_PATH bin_to_lib /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR})
  set_target_properties(securechatd PROPERTIES INSTALL_RPATH "$ORIGIN/${bin_to_lib}")
  install(TARGETS securechatd RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

file(RELATIVE_PATH SECURECHAT_PC_TO_PREFIX /${securechat_pkgconfig_dir} /)
string(REGEX REPLACE "/$" "" SECURECHAT_PC_TO_PREFIX "${SECURECHAT_PC_TO_PREFIX}")
configure_file(${PROJECT_SOURCE_DIR}/pkgconfig/securechat.pc.in
  ${PROJECT_BINARY_DIR}/securechat.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/securechat.pc DESTINATION ${securechat_pkgconfig_dir})

install(EXPORT securechatTargets NAMESPACE securechat:: DESTINATION ${securechat_cmake_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/securechatConfig.cmake.in
  ${PROJECT_BINARY_DIR}/securechatConfig.cmake INSTALL_DESTINATION ${securechat_cmake_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/securechatConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/securechatConfig.cmake
  ${PROJECT_BINARY_DIR}/securechatConfigVersion.cmake
  DESTINATION ${securechat_cmake_dir})

foreach(document LICENSE README.md SECURITY.md)
  if(EXISTS ${PROJECT_SOURCE_DIR}/${document})
    install(FILES ${PROJECT_SOURCE_DIR}/${document} DESTINATION ${CMAKE_INSTALL_DOCDIR})
  endif()
endforeach()
if(IS_DIRECTORY ${PROJECT_SOURCE_DIR}/docs)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}
    FILES_MATCHING PATTERN "*.md")
endif()
