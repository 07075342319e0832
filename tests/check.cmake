# SPDX-License-Identifier: GPL-3.0-or-later
# Rules over the source itself.
foreach(rule spdx format banned shell places events)
  cc_script_test(check.${rule} COMMAND ${PROJECT_SOURCE_DIR}/tests/check/source ${rule} ${PROJECT_SOURCE_DIR} LABELS check)
endforeach()

cc_script_test(check.replies COMMAND ${PROJECT_SOURCE_DIR}/tests/check/replies.py ${PROJECT_SOURCE_DIR}/docs/gen/openapi.json LABELS check NEEDS python3)
file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/docs/*.md ${PROJECT_SOURCE_DIR}/docs/guide/*.md)
cc_script_test(check.commands COMMAND ${PROJECT_SOURCE_DIR}/tests/check/commands $<TARGET_FILE:ccctl> ${pages} LABELS check NEEDS python3)
cc_script_test(check.checks COMMAND ${PROJECT_SOURCE_DIR}/tests/check/selftest LABELS check)

# What cc_layer was told, for the check over includes.
set(table "")
get_property(layers GLOBAL PROPERTY CC_LAYERS)
foreach(layer IN LISTS layers)
  list(JOIN LAYER_${layer} " " uses)
  string(APPEND table "layer ${layer} ${uses}\n")
  get_property(sources GLOBAL PROPERTY CC_LAYER_SOURCES_${layer})
  foreach(source IN LISTS sources)
    string(APPEND table "source ${source} ${layer}\n")
  endforeach()
endforeach()
file(WRITE ${PROJECT_BINARY_DIR}/layers.txt "${table}")
cc_script_test(check.layers COMMAND ${PROJECT_SOURCE_DIR}/tests/check/layers ${PROJECT_BINARY_DIR}/layers.txt ${PROJECT_SOURCE_DIR} LABELS check)

foreach(layer IN LISTS layers)
  get_property(folder GLOBAL PROPERTY CC_LAYER_FOLDER_${layer})
  cc_script_test(check.exported.${layer}
    COMMAND ${PROJECT_SOURCE_DIR}/tests/check/symbols exported $<TARGET_FILE:cc_${layer}> ${layer} ${folder} LABELS check NEEDS nm)
endforeach()
if(TARGET cc_scheduler)
  cc_script_test(check.scheduler_is_pure
    COMMAND ${PROJECT_SOURCE_DIR}/tests/check/symbols undefined $<TARGET_FILE:cc_scheduler> ${PROJECT_SOURCE_DIR}/tests/check/scheduler.symbols
    LABELS check NEEDS nm)
endif()
