# The Debian package: cpack --config build/release/CPackConfig.cmake
# `cmake --install` leaves its component out: those are the paths of a Debian, whatever the prefix.
set(debian ${PROJECT_SOURCE_DIR}/docker/debian)
function(millrace_package_files destination)
  install(FILES ${ARGN} DESTINATION ${destination} COMPONENT debian EXCLUDE_FROM_ALL)
endfunction()
millrace_package_files(/etc/millrace ${PROJECT_SOURCE_DIR}/config/millrace.json)
millrace_package_files(/usr/lib/systemd/system ${debian}/millrace.service)
millrace_package_files(/usr/lib/sysusers.d ${debian}/sysusers.conf RENAME millrace.conf)
millrace_package_files(/usr/share/doc/millrace ${PROJECT_SOURCE_DIR}/README.md ${debian}/copyright)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME millrace)
set(CPACK_PACKAGE_CONTACT "millrace maintainers <maintainers@millrace.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "It consumes a stream of events from MQTT, a WebSocket or TCP clients, works on\nmany of them at a time, and emits the results in the order in which the events\narrived, without losing one.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program debian)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# For a system without systemd-sysusers.
set(CPACK_DEBIAN_PACKAGE_DEPENDS passwd)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS mosquitto)
file(WRITE ${PROJECT_BINARY_DIR}/debian/conffiles "/etc/millrace/millrace.json\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/debian/conffiles ${debian}/postinst
                                       ${debian}/prerm ${debian}/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
