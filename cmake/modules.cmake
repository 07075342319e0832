# SPDX-License-Identifier: GPL-3.0-or-later
# cc_module(NAME LAYER layer SYMBOL symbol PROGRAM target): libcc-NAME.so, which PROGRAM loads when it needs SYMBOL of that layer (common/module.h). It holds
# its own copy of what the layer uses and exports nothing else. In the build tree it lies beside the program.
set(CC_MODULE_DIR ${CMAKE_INSTALL_FULL_LIBDIR}/communitycloud)

function(cc_module name)
  cmake_parse_arguments(A "" "LAYER;SYMBOL;PROGRAM" "" ${ARGN})
  set(map ${CMAKE_CURRENT_BINARY_DIR}/${name}.map)
  file(CONFIGURE OUTPUT ${map} CONTENT "{ global: cc_module_version; @A_SYMBOL@; local: *; };\n" @ONLY)
  add_library(module-${name} MODULE ${PROJECT_SOURCE_DIR}/common/module_version.c)
  set_target_properties(module-${name} PROPERTIES OUTPUT_NAME cc-${name} LINK_DEPENDS ${map}
    LIBRARY_OUTPUT_DIRECTORY $<TARGET_FILE_DIR:${A_PROGRAM}>)
  target_link_libraries(module-${name} PRIVATE cc_${A_LAYER})
  target_link_options(module-${name} PRIVATE LINKER:-u,${A_SYMBOL} LINKER:--version-script=${map})
  install(TARGETS module-${name} LIBRARY DESTINATION ${CC_MODULE_DIR})
  add_dependencies(${A_PROGRAM} module-${name})
endfunction()
