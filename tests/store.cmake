# SPDX-License-Identifier: GPL-3.0-or-later
add_library(cc_store_fixture STATIC lib/store_fixture.c)
target_link_libraries(cc_store_fixture PUBLIC cc_store cc_testlib PkgConfig::CHECK)
target_compile_options(cc_store_fixture PRIVATE -Wno-conversion)

cc_test(store.commit SOURCES unit/controller/store/test_commit.c LIBS cc_store_fixture)
cc_test(store.session SOURCES unit/controller/store/test_session.c LIBS cc_store_fixture)
cc_test(store.catalog SOURCES unit/controller/store/test_catalog.c LIBS cc_store_fixture)
cc_test(store.faults SOURCES unit/controller/store/test_faults.c LIBS cc_store_fixture TIMEOUT 300)
cc_test(store.use SOURCES unit/controller/store/test_use.c LIBS cc_store_fixture)
cc_test(store.reach SOURCES unit/controller/store/test_reach.c LIBS cc_store)
