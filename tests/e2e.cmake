# SPDX-License-Identifier: GPL-3.0-or-later
# Real programs on this machine. They take turns: bridges, firewall tables and cgroups belong to all.
foreach(program cc-controller cc-agent cc-agent-priv ccctl)
  if(NOT TARGET ${program})
    return()
  endif()
endforeach()

# cc_e2e_test(NAME [the options of cc_script_test]): e2e/test_NAME.py with the programs of this build.
function(cc_e2e_test name)
  cc_script_test(e2e.${name} ROOT NEEDS postgres busybox nft ip
    COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_SOURCE_DIR}/e2e/test_${name}.py
    ENV CC_BUILD=${PROJECT_BINARY_DIR} LOCKS machine LABELS e2e TIMEOUT 300 ${ARGN})
endfunction()

cc_e2e_test(zone)
cc_e2e_test(faults)
cc_e2e_test(streams)
cc_e2e_test(transfers LABELS long)
# Half a minute is much for the short tier; what everybody meets is in both.
cc_script_test(e2e.transfers_killed ROOT NEEDS postgres busybox nft ip
  COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_SOURCE_DIR}/e2e/test_transfers.py
    Transfers.test_a_fetch_goes_on_after_the_agent_was_killed
  ENV CC_BUILD=${PROJECT_BINARY_DIR} LOCKS machine LABELS e2e TIMEOUT 300)
cc_e2e_test(limits)
cc_e2e_test(signatures)
cc_e2e_test(pool)
cc_e2e_test(guides)
cc_e2e_test(owner LABELS long TIMEOUT 600)
cc_e2e_test(copy)
cc_e2e_test(publish)
cc_e2e_test(files)
cc_e2e_test(names)
cc_script_test(e2e.distance ROOT NEEDS postgres ip nsenter
  COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_SOURCE_DIR}/e2e/test_distance.py
  ENV CC_BUILD=${PROJECT_BINARY_DIR} LOCKS machine LABELS e2e TIMEOUT 300)
cc_e2e_test(move LABELS long)
# A minute is much for the short tier; its first promise is in both.
cc_script_test(e2e.moved ROOT NEEDS postgres busybox nft ip
  COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_SOURCE_DIR}/e2e/test_move.py
    Moves.test_a_stateless_one_starts_elsewhere_first_and_its_name_follows
  ENV CC_BUILD=${PROJECT_BINARY_DIR} LOCKS machine LABELS e2e TIMEOUT 300)
# Nothing of the machine is shared: the nodes are simulated.
cc_script_test(e2e.welcome ROOT NEEDS postgres busybox
  COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_SOURCE_DIR}/e2e/test_welcome.py
  ENV CC_BUILD=${PROJECT_BINARY_DIR} LABELS e2e TIMEOUT 120)
cc_script_test(e2e.explain ROOT NEEDS postgres busybox
  COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_SOURCE_DIR}/e2e/test_explain.py
  ENV CC_BUILD=${PROJECT_BINARY_DIR} LABELS e2e TIMEOUT 120)
cc_script_test(e2e.wishes ROOT NEEDS postgres busybox
  COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_SOURCE_DIR}/e2e/test_wishes.py
  ENV CC_BUILD=${PROJECT_BINARY_DIR} LABELS e2e TIMEOUT 120)
cc_script_test(e2e.confine ROOT NEEDS postgres
  COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_SOURCE_DIR}/e2e/test_confine.py
  ENV CC_BUILD=${PROJECT_BINARY_DIR} LABELS e2e TIMEOUT 120)
cc_e2e_test(standby LABELS long TIMEOUT 600)
# Three minutes are much for the short tier; its first promise is in both.
cc_script_test(e2e.standby_killed ROOT NEEDS postgres busybox nft ip
  COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_SOURCE_DIR}/e2e/test_standby.py
    Standby.test_when_the_active_one_is_killed_the_other_serves_within_3_s
  ENV CC_BUILD=${PROJECT_BINARY_DIR} LOCKS machine LABELS e2e TIMEOUT 300)

# The nodes are simulated, the two controllers real. What matters most is in the short tier.
cc_script_test(e2e.archives ROOT NEEDS postgres busybox
  COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_SOURCE_DIR}/e2e/test_archives.py
  ENV CC_BUILD=${PROJECT_BINARY_DIR} LABELS long TIMEOUT 900)
cc_script_test(e2e.archives_taken_over ROOT NEEDS postgres busybox
  COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_SOURCE_DIR}/e2e/test_archives.py
    Archives.test_what_one_took_in_serves_from_the_other_when_the_first_is_gone
  ENV CC_BUILD=${PROJECT_BINARY_DIR} LABELS e2e TIMEOUT 300)

# Builds the image first, from a mirror.
cc_script_test(e2e.debian ROOT NEEDS postgres nft ip mmdebstrap
  COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_SOURCE_DIR}/e2e/test_debian.py
  ENV CC_BUILD=${PROJECT_BINARY_DIR} LOCKS machine LABELS long TIMEOUT 1200)

# cc_chaos_test(NAME KILLS ...): e2e/chaos.py; the seed is printed and CC_SEED replays.
function(cc_chaos_test name kills)
  cc_script_test(e2e.${name} ROOT NEEDS postgres busybox nft ip
    COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_SOURCE_DIR}/e2e/chaos.py --kills ${kills}
    ENV CC_BUILD=${PROJECT_BINARY_DIR} LOCKS machine ${ARGN})
endfunction()
cc_chaos_test(chaos 20 LABELS e2e TIMEOUT 600)
cc_chaos_test(chaos_200 200 LABELS long TIMEOUT 1800)
cc_script_test(e2e.chaos_failover ROOT NEEDS postgres busybox nft ip
  COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_SOURCE_DIR}/e2e/chaos.py --kills 40 --failover
  ENV CC_BUILD=${PROJECT_BINARY_DIR} LOCKS machine LABELS long TIMEOUT 900)

if(CC_TEST_BUILDS)
  cc_script_test(e2e.quickstart ROOT NEEDS busybox nft ip
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/e2e/quickstart.sh
    LOCKS machine LABELS e2e FIXTURES build_release TIMEOUT 600)
endif()

# In a virtual machine with pure cgroup v2 and systemd.
cc_script_test(vm.cgroup2 ROOT NEEDS qemu-system-x86_64 debootstrap mmdebstrap mke2fs setpriv
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/vm/run
  ENV CC_BUILD=${PROJECT_BINARY_DIR} LOCKS vm LABELS long TIMEOUT 3300)
