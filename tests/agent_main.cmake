# SPDX-License-Identifier: GPL-3.0-or-later
# The unprivileged half of the agent.
cc_test(agent_reconcile SOURCES unit/agent/test_reconcile.c LIBS cc_agent)
cc_test(agent_inst SOURCES unit/agent/test_inst.c LIBS cc_agent)
cc_test(agent_spool SOURCES unit/agent/test_spool.c LIBS cc_agent)
cc_test(agent_machine SOURCES unit/agent/test_machine.c LIBS cc_agent)
cc_test(agent_image SOURCES unit/agent/test_image.c LIBS cc_agent)
cc_test(agent_pipes SOURCES unit/agent/test_pipes.c LIBS cc_agent)
