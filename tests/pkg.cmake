# SPDX-License-Identifier: GPL-3.0-or-later
# The Debian packages: made twice, installed, upgraded, removed and purged; in a root of their own, and under systemd in the virtual machine.
set(packages ${PROJECT_BINARY_DIR}/packages)
cc_script_test(pkg.build NEEDS dpkg-buildpackage dh lintian git
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/pkg/build ${packages}
  LABELS long SETUP packages TIMEOUT 900)
cc_script_test(pkg.install ROOT NEEDS debootstrap nft ip
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/pkg/install ${packages}
  LOCKS machine LABELS long FIXTURES packages TIMEOUT 600)
cc_script_test(vm.packages ROOT NEEDS qemu-system-x86_64 debootstrap mke2fs setpriv
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/vm/run packages
  ENV "CC_BUILD=${PROJECT_BINARY_DIR};CC_PACKAGES=${packages}" LOCKS vm LABELS long FIXTURES packages TIMEOUT 1200)
