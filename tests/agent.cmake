# SPDX-License-Identifier: GPL-3.0-or-later
# The privileged half of the agent.
add_library(cc_test_priv STATIC unit/agent/priv_fixture.c unit/agent/priv_lxc_fixture.c unit/agent/netns_fixture.c unit/agent/net_fixture.c unit/agent/archive_fixture.c
  unit/agent/pool_fixture.c)
target_compile_options(cc_test_priv PRIVATE -Wno-conversion)
target_compile_definitions(cc_test_priv PUBLIC CC_AGENT_PRIV="$<TARGET_FILE:cc-agent-priv>")
pkg_check_modules(ARCHIVE REQUIRED IMPORTED_TARGET libarchive)
target_link_libraries(cc_test_priv PUBLIC cc_priv_client cc_driver cc_testlib cap PkgConfig::ARCHIVE PkgConfig::CHECK)
add_dependencies(cc_test_priv cc-agent-priv)


# With real containers: one at a time, they share the name of a bridge.
foreach(name lxc exec faults walls image net ipv6 publish caps volumes)
  cc_test(priv_${name} SOURCES unit/agent/test_priv_${name}.c LIBS cc_test_priv ROOT LOCKS cctp0 NEEDS /bin/busybox TIMEOUT 300)
endforeach()

cc_test(priv_names SOURCES unit/agent/test_priv_names.c LIBS cc_test_priv ROOT LOCKS cctp0 NEEDS /bin/busybox /usr/sbin/dnsmasq TIMEOUT 300)

# What a guest runs, without the libraries and sanitizers of this machine.
set(guest_ioctl ${CMAKE_CURRENT_BINARY_DIR}/guest_ioctl)
add_custom_command(OUTPUT ${guest_ioctl}
  COMMAND ${CMAKE_C_COMPILER} -static -O1 -o ${guest_ioctl} ${CMAKE_CURRENT_SOURCE_DIR}/unit/agent/guest_ioctl.c
  DEPENDS unit/agent/guest_ioctl.c)
add_custom_target(guest_program DEPENDS ${guest_ioctl})
add_dependencies(test_priv_walls guest_program)
target_compile_definitions(test_priv_walls PRIVATE CC_GUEST_IOCTL="${guest_ioctl}")

cc_test(priv_pool SOURCES unit/agent/test_priv_pool.c LIBS cc_test_priv ROOT LOCKS cctp0 NEEDS /bin/busybox mkfs.btrfs TIMEOUT 300)

# Without rights.
cc_test(priv_sim SOURCES unit/agent/test_priv_sim.c LIBS cc_test_priv NEEDS /bin/busybox)
cc_test(priv_lease SOURCES unit/agent/test_priv_lease.c LIBS cc_test_priv NEEDS /bin/busybox)
cc_test(terminal SOURCES unit/agent/test_terminal.c LIBS cc_test_priv NEEDS ps stty)
cc_test(console_log SOURCES unit/agent/test_console_log.c LIBS cc_test_priv)
cc_test(ports SOURCES unit/agent/test_ports.c LIBS cc_driver cc_testlib)
cc_test(driver_parts SOURCES unit/agent/test_driver_parts.c LIBS cc_test_priv cc_unpack)
cc_test(pool SOURCES unit/agent/test_pool.c LIBS cc_test_priv ROOT NEEDS mkfs.btrfs)
cc_test(pool_btrfs SOURCES unit/agent/test_pool_btrfs.c LIBS cc_test_priv seccomp ROOT NEEDS mkfs.btrfs TIMEOUT 300)
cc_test(priv_agent SOURCES unit/agent/test_priv_agent.c LIBS cc_test_priv ROOT)
