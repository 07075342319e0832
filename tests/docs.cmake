# SPDX-License-Identifier: GPL-3.0-or-later
cc_script_test(docs.gen COMMAND ${PROJECT_SOURCE_DIR}/tests/check/docs $<TARGET_FILE:cc-docs> ${PROJECT_SOURCE_DIR}/docs/gen LABELS golden)
