# SPDX-License-Identifier: GPL-3.0-or-later
cc_script_test(deploy.supervise COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/deploy/supervise.sh $<TARGET_FILE:supervise> TIMEOUT 60)
cc_script_test(deploy.lib COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/deploy/lib.sh TIMEOUT 60)
cc_script_test(deploy.build_types COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/deploy/build_types.sh TIMEOUT 120)
