# SPDX-License-Identifier: GPL-3.0-or-later
# The unprivileged half of the agent.
cc_test(agent_reconcile SOURCES unit/agent/test_reconcile.c LIBS cc_agent)
