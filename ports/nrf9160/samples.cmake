# SPDX-License-Identifier: Apache-2.0
# What is built for this board, of products/nrf9160.layout.yml: ports/CMakeLists.txt.
samples_for(cortex-m33)
bootloader(nrf9160 boot nrf9160)
bootloader(nrf9160 ship nrf9160 "keys: [${key}]" "watchdog: 400" "hand_over: reset"
  "protect: until_reset")
applications(nrf9160 49152 57344)
