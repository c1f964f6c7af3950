# The Debian packages monopod, monopod-tools and monopod-detector, made by CPack: their contents and fields. tools/package builds them.

function(monopod_git variable)
  execute_process(COMMAND git -C ${CMAKE_SOURCE_DIR} ${ARGN} OUTPUT_VARIABLE text
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  set(${variable} "${text}" PARENT_SCOPE)
endfunction()
monopod_git(commits rev-list --count HEAD)
monopod_git(maintainer log -1 "--format=%an <%ae>")
monopod_git(date log -1 --format=%cD)

# A build of the tag is the release. Builds of other commits sort before it, in the order of the commits.
if(MONOPOD_COMMIT STREQUAL "v${PROJECT_VERSION}")
  set(CPACK_DEBIAN_PACKAGE_VERSION ${PROJECT_VERSION})
else()
  string(REGEX REPLACE "^.*-g|-dirty$" "" commit ${MONOPOD_COMMIT})
  set(CPACK_DEBIAN_PACKAGE_VERSION ${PROJECT_VERSION}~git${commits}.${commit})
  if(MONOPOD_COMMIT MATCHES "-dirty$")
    string(APPEND CPACK_DEBIAN_PACKAGE_VERSION +dirty)
  endif()
endif()
string(APPEND CPACK_DEBIAN_PACKAGE_VERSION -1+deb12) # built for Debian 12

# packages_ready makes the man pages, from the programs' --help, and the changelogs.
set(here ${CMAKE_SOURCE_DIR}/packaging)
set(made ${CMAKE_BINARY_DIR}/packaging)
# Without OpenCV there is no detector.
if(TARGET monopod-detect)
  set(detector monopod-detect)
endif()
set(tools monopod-app monopod-bench monopod-camera monopod-collect monopod-lab)
add_custom_command(
  OUTPUT ${made}/pages
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${made}/man
  COMMAND ${here}/man/make $<TARGET_FILE_DIR:monopod> ${made}/man ${CMAKE_CROSSCOMPILING_EMULATOR}
  COMMAND ${CMAKE_COMMAND} -E touch ${made}/pages
  DEPENDS monopod ${tools} ${detector} ${here}/man/make ${here}/man/help.awk ${here}/man/settings.awk
  VERBATIM)
add_custom_target(packages_ready DEPENDS ${made}/pages)
if(detector)
  add_dependencies(packages_ready monopod-nanodet)
endif()

# monopod_package(COMPONENT NAME PROGRAMS <targets> PAGES <man pages>): declares a package and its contents.
function(monopod_package component package)
  cmake_parse_arguments(ARG "" "" "PROGRAMS;PAGES" ${ARGN})
  install(TARGETS ${ARG_PROGRAMS} RUNTIME DESTINATION bin COMPONENT ${component})
  foreach(page ${ARG_PAGES})
    string(REGEX MATCH "[0-9]$" chapter ${page})
    install(FILES ${made}/man/${page}.gz DESTINATION share/man/man${chapter} COMPONENT ${component})
  endforeach()
  set(doc ${made}/${package})
  configure_file(${here}/deb/changelog.in ${doc}/changelog.Debian @ONLY)
  configure_file(${CMAKE_SOURCE_DIR}/CHANGELOG.md ${doc}/changelog COPYONLY)
  add_custom_command(TARGET packages_ready POST_BUILD COMMAND gzip -9nkf changelog changelog.Debian
                     WORKING_DIRECTORY ${doc} VERBATIM)
  install(FILES ${here}/deb/copyright ${doc}/changelog.gz ${doc}/changelog.Debian.gz
          DESTINATION share/doc/${package} COMPONENT ${component})
  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${package} PARENT_SCOPE)
endfunction()

list(TRANSFORM tools APPEND .1 OUTPUT_VARIABLE tool_pages)
monopod_package(server monopod PROGRAMS monopod PAGES monopod.1 monopod.toml.5)
monopod_package(tools monopod-tools PROGRAMS ${tools} PAGES ${tool_pages})
if(detector)
  monopod_package(detector monopod-detector PROGRAMS ${detector} PAGES monopod-detect.1)
  install(TARGETS monopod-nanodet LIBRARY DESTINATION lib/monopod COMPONENT detector)
  set(models ${CMAKE_SOURCE_DIR}/models)
  install(FILES ${models}/nanodet-g.onnx.xz ${models}/nanodet-g.toml DESTINATION share/monopod/models COMPONENT detector)
  install(FILES ${models}/NOTICE DESTINATION share/doc/monopod-detector COMPONENT detector)
  install(FILES ${CMAKE_SOURCE_DIR}/schemas/vision_plugin.h ${CMAKE_SOURCE_DIR}/docs/examples/busy_plugin.cpp
          DESTINATION share/doc/monopod-detector/examples COMPONENT detector)
  install(FILES ${here}/systemd/monopod-detect.service DESTINATION /lib/systemd/system COMPONENT detector)
endif()
install(FILES ${here}/monopod.toml DESTINATION /etc/monopod COMPONENT server)
install(DIRECTORY ${here}/examples DESTINATION share/doc/monopod COMPONENT server)
install(FILES ${here}/systemd/sysusers.conf DESTINATION /usr/lib/sysusers.d RENAME monopod.conf COMPONENT server)
foreach(unit monopod monopod-witness)
  install(FILES ${here}/systemd/${unit}.service DESTINATION /lib/systemd/system COMPONENT server)
  install(FILES ${here}/systemd/common.conf DESTINATION /lib/systemd/system/${unit}.service.d
          COMPONENT server)
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL server tools)
if(detector)
  list(APPEND CPACK_COMPONENTS_ALL detector)
endif()
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
                                                WORLD_READ WORLD_EXECUTE) # whatever the umask is
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${maintainer}")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA ${here}/deb/postinst ${here}/deb/prerm ${here}/deb/postrm
                                              ${here}/deb/conffiles)
# kill, for the units' ExecReload=; systemd-sysusers, for postinst.
set(CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS "procps, systemd | systemd-standalone-sysusers | systemd-sysusers")
set(CPACK_DEBIAN_SERVER_PACKAGE_RECOMMENDS libcurl4) # only loaded on Kubernetes
set(CPACK_DEBIAN_SERVER_PACKAGE_SUGGESTS "mosquitto, monopod-tools")
set(CPACK_DEBIAN_SERVER_DESCRIPTION
    "edge gateway for multi-camera computer vision
Cameras publish JPEG frames, vision applications subscribe to cameras, and
their results go to one or several clouds by MQTT. No acknowledged frame is
lost, and no result counts twice.
.
One node serves; two or three take over from each other within 300 ms. This
package has the node, the witness that only votes, and their services.")
set(CPACK_DEBIAN_TOOLS_PACKAGE_SUGGESTS "monopod, mosquitto, iproute2, nftables")
set(CPACK_DEBIAN_TOOLS_DESCRIPTION
    "cameras, applications and measurements for Monopod
monopod-camera publishes an RTSP, HTTP or USB camera, a video file or a drawn
scene; monopod-app is a small vision application; monopod-collect keeps one
result per key and reports what is lost or late.
.
monopod-lab breaks a group of nodes on this machine and measures its outages,
and monopod-bench compares a node with raw TCP and bare ZeroMQ.")
set(detector_scripts ${made}/detector)
foreach(script postinst prerm postrm)
  configure_file(${here}/deb/detector-${script} ${detector_scripts}/${script} COPYONLY)
endforeach()
set(CPACK_DEBIAN_DETECTOR_PACKAGE_CONTROL_EXTRA ${detector_scripts}/postinst ${detector_scripts}/prerm
                                                ${detector_scripts}/postrm)
set(CPACK_DEBIAN_DETECTOR_PACKAGE_RECOMMENDS monopod)
set(CPACK_DEBIAN_DETECTOR_DESCRIPTION
    "object detector for Monopod
Finds people, cars and 78 other classes in the frames of Monopod's cameras,
on the processor, and follows them from frame to frame.
.
The plug-in monopod-nanodet runs inside a node, on a thread of its own;
monopod-detect does the same in a process of its own, on this machine or
another. The model is NanoDet-g; models of one's own (ONNX) may take its
place.")
include(CPack)
