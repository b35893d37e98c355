# The bill of materials of what was built, beside the build and among the installed documents. Its versions are those
# of Debian packages: where there are none, and in builds with sanitizers, there is no bill.
find_package(Python3 QUIET COMPONENTS Interpreter)
find_program(DPKG_QUERY_EXECUTABLE dpkg-query)
if(NOT Python3_FOUND OR Python3_VERSION VERSION_LESS 3.11 OR NOT DPKG_QUERY_EXECUTABLE OR SECURECHAT_SANITIZE)
  message(STATUS "The bill of materials is left out: it needs Python 3.11, dpkg, and a build without sanitizers")
  return()
endif()
set(SECURECHAT_SBOM ${PROJECT_BINARY_DIR}/securechat.cdx.json)
add_custom_command(
  OUTPUT ${SECURECHAT_SBOM}
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/scripts/sbom
          --library $<TARGET_FILE:securechat> --version ${PROJECT_VERSION} --output ${SECURECHAT_SBOM}
  DEPENDS securechat ${PROJECT_SOURCE_DIR}/scripts/sbom
  COMMENT "Writing the bill of materials"
  VERBATIM)
add_custom_target(sbom ALL DEPENDS ${SECURECHAT_SBOM})
install(FILES ${SECURECHAT_SBOM} DESTINATION ${CMAKE_INSTALL_DOCDIR})
