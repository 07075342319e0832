# SPDX-License-Identifier: GPL-3.0-or-later
cc_script_test(deploy.supervise COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/deploy/supervise.sh $<TARGET_FILE:supervise> TIMEOUT 60)
