# SPDX-License-Identifier: GPL-3.0-or-later
cc_test(config SOURCES unit/common/test_config.c unit/common/config_fixture.c LIBS cc_sys)
cc_test(config_yaml SOURCES unit/common/test_config_yaml.c LIBS cc_sys)
cc_test(log SOURCES unit/common/test_log.c LIBS cc_sys)
cc_test(hash SOURCES unit/common/test_hash.c LIBS cc_sys)
cc_test(secret SOURCES unit/common/test_secret.c LIBS cc_sys)
cc_test(keys SOURCES unit/common/test_keys.c LIBS cc_sys)
cc_test(token SOURCES unit/common/test_token.c LIBS cc_sys)
