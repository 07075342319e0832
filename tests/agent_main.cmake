# SPDX-License-Identifier: GPL-3.0-or-later
# The unprivileged half of the agent.
cc_test(agent_reconcile SOURCES unit/agent/test_reconcile.c LIBS cc_agent)
cc_test(agent_probes SOURCES unit/agent/test_probes.c LIBS cc_agent)
cc_test(agent_controllers SOURCES unit/agent/test_controllers.c LIBS cc_agent)
cc_test(agent_inst SOURCES unit/agent/test_inst.c LIBS cc_agent)
cc_test(agent_files SOURCES unit/agent/test_agent_files.c LIBS cc_agent)
cc_test(agent_zone_names SOURCES unit/agent/test_zone_names.c LIBS cc_agent)
cc_test(agent_spool SOURCES unit/agent/test_spool.c LIBS cc_agent)
cc_test(agent_machine SOURCES unit/agent/test_machine.c LIBS cc_agent)
cc_test(agent_local_image SOURCES unit/agent/test_local_image.c LIBS cc_agent)
cc_test(agent_pipes SOURCES unit/agent/test_pipes.c LIBS cc_agent)

pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd)
add_library(cc_test_agent STATIC
  unit/agent/agent_fixture.c unit/agent/controller_fixture.c unit/agent/controller_script.c unit/agent/controller_stream.c unit/agent/halves_fixture.c
  unit/agent/recorded.c)
target_compile_options(cc_test_agent PRIVATE -Wno-conversion)
target_compile_definitions(cc_test_agent PRIVATE CC_PROTOCOL_DIR="${PROJECT_SOURCE_DIR}/tests/golden/protocol")
target_link_libraries(cc_test_agent PUBLIC cc_agent cc_testlib PkgConfig::CHECK PkgConfig::MICROHTTPD Threads::Threads)
cc_test(agent SOURCES unit/agent/test_agent.c LIBS cc_test_agent TIMEOUT 300)
cc_test(agent_protocol SOURCES unit/agent/test_protocol.c LIBS cc_test_agent)
cc_test(agent_stream SOURCES unit/agent/test_stream.c LIBS cc_test_agent TIMEOUT 300)
cc_test(agent_live SOURCES unit/agent/test_live.c LIBS cc_test_agent TIMEOUT 120)
cc_test(agent_join SOURCES unit/agent/test_join.c LIBS cc_test_agent)
cc_script_test(agent_command_line COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/unit/agent/command_line.sh $<TARGET_FILE:cc-agent>)
